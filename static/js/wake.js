/* Keeps the screen on while someone works on a page that takes scans; lets it sleep after 5 minutes without. */
(function () {
  'use strict'
  const IDLE_MS = 5 * 60 * 1000
  let lock = null
  let asking = false
  let idle = 0

  async function hold () {
    clearTimeout(idle)
    idle = setTimeout(() => lock?.release(), IDLE_MS)
    const needless = (lock && !lock.released) || asking || document.visibilityState !== 'visible'
    if (needless || !navigator.wakeLock || !document.querySelector('[data-scan-url]')) return
    asking = true
    try {
      lock = await navigator.wakeLock.request('screen')
    } catch (denied) { // a low battery may refuse it: the work goes on
      lock = null
    }
    asking = false
  }

  for (const sign of ['scan', 'pointerdown', 'pageshow']) window.addEventListener(sign, hold)
  document.addEventListener('visibilitychange', hold)
})()
