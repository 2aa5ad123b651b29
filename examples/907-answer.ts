// A future that you settle yourself: the answer to a question in a queue, wherever the one who asks and the one who answers are.

import { Queue, SettableFuture, Thread, main, task } from '@heddle/core';

interface Question {
  readonly numbers: number[];
  readonly answer: SettableFuture<number>;
}

export const answerAll = task(import.meta, function answerAll(questions: Queue<Question>) {
  for (const { numbers, answer } of questions) {
    if (!answer.setRunningOrNotifyCancel()) continue; // nobody wants to know any more
    if (numbers.length === 0) answer.setException(new RangeError('the mean of nothing'));
    else answer.setResult(numbers.reduce((a, b) => a + b) / numbers.length);
  }
});

main(import.meta, async () => {
  const questions = new Queue<Question>();
  const ask = (...numbers: number[]) => {
    const answer = new SettableFuture<number>();
    questions.put({ numbers, answer });
    return answer;
  };
  const answers = [ask(1, 2, 6), ask(5), ask()];
  answers[1]!.cancel();
  new Thread(answerAll, { args: [questions] }).start();
  for (const { status, ...rest } of await Promise.allSettled(answers)) {
    console.log(status, 'value' in rest ? rest.value : String(rest.reason));
  }
  questions.shutdown();
});
