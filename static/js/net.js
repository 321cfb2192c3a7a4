/* The chip [data-net] that says whether all scans are saved, and the stop when too many wait.
   Its words come from the server, in the person's language: data-text-saved, data-text-waiting ("{n} waiting"). */
(function () {
  'use strict'
  const { tablet } = window
  const SLOW_MS = 1000 // a scan in flight is no news before that
  const MOST_WAITING = 200
  const OLDEST_MS = 30 * 60 * 1000
  let failures = 0
  let count = 0
  let keeping = 0 // scans on their way into the outbox
  let full = false // no more scans are taken
  let clock = 0

  function paint (state) {
    for (const chip of document.querySelectorAll('[data-net]')) {
      if (chip.dataset.state === state && chip.dataset.count === String(count)) continue
      chip.dataset.state = state
      chip.dataset.count = count
      chip.classList.toggle('ok', state === 'saved')
      chip.classList.toggle('warn', state !== 'saved')
      const words = state === 'saved' ? chip.dataset.textSaved : chip.dataset.textWaiting
      const place = chip.querySelector('[data-net-text]') ?? chip
      place.textContent = (words ?? '').replace('{n}', count)
    }
  }

  /* Look into the outbox and say what waits. */
  async function report () {
    const scans = await tablet.outbox.waiting().catch(() => []) // blocked storage is said by the scan itself
    const age = scans.length ? Date.now() - Date.parse(scans[0].made_at) : 0
    count = scans.length
    if (!count) failures = 0
    window.dispatchEvent(new CustomEvent('net', { detail: { waiting: waiting() } }))
    full = count >= MOST_WAITING || age > OLDEST_MS
    const late = count > 0 && (failures > 0 || age > SLOW_MS)
    paint(full ? 'full' : late ? 'waiting' : 'saved')
    tablet.notices.turn('full', full)
    clearTimeout(clock)
    if (count && !late) clock = setTimeout(report, SLOW_MS)
  }

  function failing (times) {
    failures = times
    return report()
  }

  const waiting = () => count + keeping
  const expect = () => { keeping += 1 }
  async function kept () {
    await report() // the scan is counted in the outbox before it is no longer counted here
    keeping -= 1
    await report()
  }

  tablet.net = { report, failing, expect, kept, waiting, isFull: () => full }
  window.addEventListener('offline', () => failing(1))
  window.addEventListener('htmx:afterSettle', report) // a swapped-in header comes with the words of a fresh page
  setInterval(report, 15000)
  report()
})()
