// Before the first paint: the theme this browser chose, where the server does not know a person yet.
(function () {
  var root = document.documentElement;
  if (root.dataset.theme) return;
  try {
    root.dataset.theme = localStorage.getItem('tez.theme') || 'system';
  } catch (_) {
    root.dataset.theme = 'system';
  }
})();
