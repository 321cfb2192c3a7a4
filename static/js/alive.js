/* The sign of life of a counter: [data-alive="/count/7/alive"]. Sent each minute while somebody uses the tablet, so
   that a forgotten one neither holds its shelf nor keeps its turn. */
(function () {
  'use strict'
  const EVERY_MS = 60 * 1000
  const IDLE_MS = 10 * 60 * 1000
  let used = Date.now()
  const use = () => { used = Date.now() }

  for (const act of ['scan', 'keydown', 'pointerdown']) window.addEventListener(act, use, { passive: true })
  setInterval(() => {
    const place = document.querySelector('[data-alive]')
    if (!place || document.hidden || Date.now() - used > IDLE_MS) return
    const headers = { 'X-CSRFToken': document.querySelector('meta[name=csrf-token]')?.content ?? '' }
    // Lost on the way, the next one or the next scan makes good for it.
    fetch(place.dataset.alive, { method: 'POST', headers }).catch(() => {})
  }, EVERY_MS)
})()
