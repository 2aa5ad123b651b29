// Makes pages cross-origin isolated where the host can't send headers (GitHub Pages, for one): as a script in the page it registers itself as a service
// worker and loads the page once more; as the service worker it adds the headers to every answer.

if (typeof window === 'undefined') {
  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
  self.addEventListener('fetch', event => {
    const { request } = event;
    if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
    event.respondWith(
      fetch(request).then(response => {
        if (response.status === 0) return response;
        const headers = new Headers(response.headers);
        headers.set('Cross-Origin-Opener-Policy', 'same-origin');
        headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
        headers.set('Cross-Origin-Resource-Policy', 'same-origin');
        return new Response(response.body, {
          status: response.status,
          statusText: response.statusText,
          headers,
        });
      }),
    );
  });
} else if (!window.crossOriginIsolated && window.isSecureContext && 'serviceWorker' in navigator) {
  const TRIED = 'heddle.isolated';
  void navigator.serviceWorker.register(document.currentScript.src).then(registration => {
    const again = () => {
      // Once only: if it doesn't help, the page stays as it is, and its examples say what is missing.
      if (sessionStorage.getItem(TRIED)) return;
      sessionStorage.setItem(TRIED, 'yes');
      location.reload();
    };
    if (registration.active && !navigator.serviceWorker.controller) again();
    navigator.serviceWorker.addEventListener('controllerchange', again);
  });
}
