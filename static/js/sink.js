/* For scanners that inject their text into a field instead of pressing keys: an unseen field that takes it.
   Off unless the device setting `sink` is on, because a focused field can call up an on-screen keyboard. */
(function () {
  'use strict'
  const { settings, scanner } = window.tablet
  const IDLE_MS = 90
  const COMPOSING_IDLE_MS = 400 // an input method takes its time to let go of digits
  const SHORTEST = 4
  let sink = null
  let idle = 0

  function take (pieces) {
    for (const piece of pieces) {
      const raw = piece.normalize('NFKC').trim() // ９７８ becomes 978
      if (raw.length >= SHORTEST) scanner.hear(raw)
    }
  }

  function onInput (event) {
    clearTimeout(idle)
    idle = setTimeout(() => {
      const rest = sink.value
      sink.value = ''
      take(rest.split(/[\r\n\t]+/))
    }, event.isComposing ? COMPOSING_IDLE_MS : IDLE_MS)
    if (event.isComposing || !/[\r\n\t]/.test(sink.value)) return
    const pieces = sink.value.split(/[\r\n\t]+/)
    sink.value = pieces.pop() // what follows the last end is not whole yet
    take(pieces)
  }

  function hold () {
    const focused = document.activeElement
    if (sink && (!focused || focused === document.body)) sink.focus({ preventScroll: true })
  }

  function open () {
    sink = document.createElement('textarea') // an <input> would glue two texts together: it drops the line end
    sink.setAttribute('data-sink', '')
    sink.setAttribute('aria-label', 'scanner')
    sink.setAttribute('autocomplete', 'off')
    sink.inputMode = 'none'
    sink.tabIndex = -1
    const unseen = { position: 'fixed', top: '0', left: '0', width: '1px', height: '1px', opacity: '0' }
    Object.assign(sink.style, unseen)
    sink.addEventListener('input', onInput)
    document.body.append(sink)
    hold()
  }

  function follow () {
    if (settings.get('sink') && !sink) open()
    if (!settings.get('sink') && sink) { sink.remove(); sink = null }
  }

  follow()
  window.addEventListener('setting', follow)
  window.addEventListener('scan', () => { if (sink) sink.value = '' }) // the first key of a code falls in here
  document.addEventListener('focusout', () => setTimeout(hold))
  document.addEventListener('click', () => setTimeout(hold))
  document.addEventListener('visibilitychange', hold)
})()
