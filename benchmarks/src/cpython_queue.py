"""The CPython side of queue.ts: reads a number of items a line, answers nanoseconds and the sum of what the consumer took, as JSON."""

import json
import queue
import sys
import threading
import time

MAXSIZE = 1024

jobs = queue.Queue(MAXSIZE)
total = 0


def consume(ready, items):
    global total
    ready.set()
    subtotal = 0
    for _ in range(items):
        item = jobs.get()
        subtotal += item["id"] + item["args"][1]
    total = subtotal


def produce(items):
    for id in range(items):
        jobs.put({"id": id, "type": "resize", "args": [id, 1], "key": "user-4711"})


for line in sys.stdin:
    items = int(line)
    ready = threading.Event()
    consumer = threading.Thread(target=consume, args=(ready, items))
    consumer.start()
    ready.wait()
    start = time.perf_counter_ns()
    produce(items)
    consumer.join()
    nanoseconds = time.perf_counter_ns() - start
    print(json.dumps({"nanoseconds": nanoseconds, "result": total}), flush=True)
