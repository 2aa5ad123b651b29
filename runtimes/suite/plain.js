/** Runs in a page that is not cross-origin isolated. */
const tell = body => fetch('/result', { method: 'POST', body: JSON.stringify(body) });

try {
  const { Lock, Queue, Thread } = await import('@heddle/core');
  const wrong = [];
  if (crossOriginIsolated) wrong.push('the page is cross-origin isolated');
  for (const use of [() => new Lock(), () => new Queue(), () => new Thread(() => 1).start()]) {
    try {
      use();
      wrong.push(`${use} did not throw`);
    } catch (error) {
      for (const part of [
        'Cross-Origin-Opener-Policy: same-origin',
        'Cross-Origin-Embedder-Policy: require-corp',
      ]) {
        if (!error.message.includes(part)) wrong.push(`${use}: "${error.message}" does not name ${part}`);
      }
    }
  }
  await tell({ ok: wrong.length === 0, error: wrong.join('\n') });
} catch (error) {
  await tell({ ok: false, error: `importing failed: ${error}\n${error?.stack}` });
}
