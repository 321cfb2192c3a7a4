/* Hears the scanner wherever the page stands: it types like a keyboard, but far faster than a person.
   Blocking in <head>: every millisecond without it is a deaf scanner. Tells the page by the events
   `scan` {raw, at}, `scan-torn` {raw} (half a code: scan again), `scan-bounce` {raw} (same code within 300 ms). */
(function () {
  'use strict'
  const { tablet } = window
  const { settings, characterOf, shapeOf } = tablet
  const FAST_MS = 45 // scanners need 1–30 ms a key, people more than 80
  const LONGEST_PAUSE_MS = 500 // a radio scanner may stall in the middle of a code
  const LONGEST_PAUSE_IN_FIELD_MS = 60 // in a field people type, so be quick to let go
  const SHORTEST = 4
  const BOUNCE_MS = 300 // never longer: two copies of one book are two scans
  const TEAR_MS = 3000 // how long after a lost first half the second half may come
  const SECOND_SUFFIX_MS = 100 // CR and LF: the second must not press anything
  const EATEN_AT_ONCE = ' /\'' // space presses the focused button, / and ' open the browser's quick find

  let text = ''
  let gaps = []
  let last = -Infinity // time of the last key when pressed, not when heard: a jammed page hears them all at once
  let ended = -Infinity // time of the last suffix
  let torn = -Infinity // time at which the first half of a code was lost
  let field = null // the field the first character fell into, as it was before
  let idle = 0
  let before = { raw: '', at: -Infinity }
  const eaten = new Set()
  const unheard = [] // scans made before the page was ready to send them

  const TEXTLESS = ['button', 'checkbox', 'radio', 'submit', 'reset', 'range', 'color', 'file', 'image']
  function fieldInUse () {
    const element = document.activeElement
    if (!element || element.hasAttribute('data-sink') || element.readOnly || element.disabled) return null
    if (element.tagName === 'INPUT') return TEXTLESS.includes(element.type) ? null : element
    return element.tagName === 'TEXTAREA' || element.isContentEditable ? element : null
  }

  function tell (name, detail) {
    return window.dispatchEvent(new CustomEvent(name, { detail, cancelable: true }))
  }

  function isFast () {
    const sorted = [...gaps].sort((a, b) => a - b) // the median: one stall breaks the mean, not the median
    return sorted.length > 0 && sorted[sorted.length >> 1] <= FAST_MS
  }
  function looksLikeScan () { return text.length >= SHORTEST && isFast() }
  function reset () { text = ''; gaps = []; field = null; clearTimeout(idle) }

  /* Take a whole code, from whatever source; `at` in milliseconds of performance.now(). */
  function hear (raw, at = performance.now()) {
    const prefix = settings.get('prefix')
    if (raw.startsWith(prefix)) raw = raw.slice(prefix.length)
    const shape = shapeOf(raw)
    const afterTear = at - torn < TEAR_MS
    torn = shape === 'torn' ? at : -Infinity
    if (shape === 'torn' || (afterTear && shape !== 'sure')) return tell('scan-torn', { raw })
    const bounced = raw === before.raw && at - before.at < BOUNCE_MS
    before = { raw, at }
    if (bounced) return tell('scan-bounce', { raw })
    const scan = { raw, at: new Date(performance.timeOrigin + at).toISOString() }
    if (tell('scan', scan)) unheard.push(scan) // nobody took it
  }

  function asItIs (element) {
    return { element, value: element.value, caret: element.selectionStart ?? null }
  }

  function giveBack () { // the field gets what stood in it before the scanner wrote into it
    if (!field || !('value' in field.element)) return
    field.element.value = field.value
    if (field.caret !== null) field.element.setSelectionRange(field.caret, field.caret)
    field.element.dispatchEvent(new Event('input', { bubbles: true }))
  }

  function finish () {
    const raw = text
    const at = last
    giveBack()
    reset()
    hear(raw, at)
  }

  function letGo () { // a pause: what was read so far will not go on
    if (looksLikeScan()) {
      if (settings.get('idle_end_ms') > 0) return finish()
      torn = last
    }
    reset()
  }

  function eat (event) {
    event.preventDefault()
    event.stopImmediatePropagation()
    eaten.add(event.code)
  }

  function onSuffix (event, editable) {
    if (looksLikeScan()) {
      eat(event)
      ended = last = event.timeStamp
      return finish()
    }
    const half = event.timeStamp - torn < TEAR_MS || (text.length > 1 && isFast())
    const afterSuffix = text === '' && event.timeStamp - ended < SECOND_SUFFIX_MS
    if (!editable && (text !== '' || afterSuffix)) eat(event)
    if (!editable && half && text !== '') {
      torn = -Infinity
      ended = event.timeStamp
      tell('scan-torn', { raw: text })
    }
    reset()
  }

  function waitForIdle () {
    const limit = settings.get('idle_end_ms')
    if (!(limit > 0)) return
    clearTimeout(idle)
    // Twice: on a jammed page the timer may fire before keys that were pressed long ago are delivered.
    idle = setTimeout(() => { idle = setTimeout(letGo, 20) }, limit)
  }

  window.addEventListener('keydown', event => {
    if (!event.isTrusted || !event.key) return
    const editable = fieldInUse()
    const at = event.timeStamp
    const longest = settings.get('idle_end_ms') || LONGEST_PAUSE_MS
    if (text && at - last > (editable ? LONGEST_PAUSE_IN_FIELD_MS : longest)) letGo()
    if (settings.get('suffix').split(' ').includes(event.code || event.key)) return onSuffix(event, editable)
    if (event.keyCode === 229 && document.activeElement?.hasAttribute('data-sink')) return // it comes as text
    const character = characterOf(event)
    if (character === null) return
    if (text) gaps.push(at - last)
    else if (editable) field = asItIs(editable)
    text += character
    last = at
    const choosing = document.activeElement?.tagName === 'SELECT' // one letter is enough to change its choice
    if (!editable && (text.length > 1 || choosing || EATEN_AT_ONCE.includes(character))) eat(event)
    waitForIdle()
  }, true)

  window.addEventListener('keyup', event => {
    if (!eaten.delete(event.code)) return
    event.preventDefault()
    event.stopImmediatePropagation()
  }, true)

  window.addEventListener('click', event => { // a button that keeps the focus is pressed by the next suffix
    if (event.detail > 0) event.target.closest('button, a, summary, [role=button]')?.blur()
  })

  tablet.scanner = { hear, unheard }
})()
