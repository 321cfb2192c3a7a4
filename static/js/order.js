/* A tap that changes something (undo, problem, skip) reaches the server after the scans made before it:
   "undo last" must mean what the person saw, not what is still on its way. */
(function () {
  'use strict'
  const { net } = window.tablet
  const LONGEST_MS = 8000 // offline: the tap is dropped rather than done minutes later, unexpected

  document.addEventListener('htmx:confirm', event => {
    const { verb, issueRequest } = event.detail
    if (verb === 'get' || net.waiting() === 0) return
    event.preventDefault()
    const goOn = answer => {
      if (answer.detail.waiting > 0) return
      window.removeEventListener('net', goOn)
      clearTimeout(clock)
      issueRequest(true)
    }
    const clock = setTimeout(() => {
      window.removeEventListener('net', goOn)
      window.dispatchEvent(new CustomEvent('tap-dropped'))
    }, LONGEST_MS)
    window.addEventListener('net', goOn)
  })
})()
