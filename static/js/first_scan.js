/* What a page does by itself when it is opened: [data-first-scan="#label"] is sent like any scan, once a visit.
   A GET changes nothing; this goes through the same queue as the scanner, so it is kept and answered once. */
(function () {
  'use strict'
  const first = document.querySelector('[data-first-scan]')
  if (first && first.dataset.firstScan) window.tablet.scanner.hear(first.dataset.firstScan)
})()
