"""The CPython side of thread.ts: reads a number of threads a line, answers nanoseconds and the sum of what they computed, as JSON."""

import json
import sys
import threading
import time

squares = [0]


def square(n):
    squares[0] = n * n


def start_join(threads):
    total = 0
    for n in range(threads):
        thread = threading.Thread(target=square, args=(n,))
        thread.start()
        thread.join()
        total += squares[0]
    return total


for line in sys.stdin:
    start = time.perf_counter_ns()
    result = start_join(int(line))
    nanoseconds = time.perf_counter_ns() - start
    print(json.dumps({"nanoseconds": nanoseconds, "result": result}), flush=True)
