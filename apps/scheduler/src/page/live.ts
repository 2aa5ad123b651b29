// Hears of what changes. By `fetch`, since an EventSource can't send a token.

import { askForToken, headers } from './api.ts';

/** Calls `onState` with each state, and `onLost` while there is no connection; for ever. */
export async function listen(onState: (state: never) => void, onLost: () => void): Promise<void> {
  for (;;) {
    try {
      const response = await fetch('/api/events', { headers: headers() });
      if (response.status === 401) {
        await askForToken();
        continue;
      }
      if (response.ok && response.body !== null) await read(response.body, onState);
    } catch {
      // Said below.
    }
    onLost();
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
}

async function read(body: ReadableStream<Uint8Array>, onState: (state: never) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) onState(JSON.parse(data) as never);
    }
  }
}
