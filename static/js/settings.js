/* What this device remembers by itself: colours, working hand, gloves, volume and how its scanner talks.
   Loaded first in <head> and blocking, so that nothing is painted in the wrong colours. */
(function () {
  'use strict'
  const KEY = 'tablet'
  const SHOWN = ['theme', 'hand', 'touch'] // mirrored to <html data-…>, where the style sheet reads them
  const BEFORE = {
    theme: '', // '' follows the tablet's own light or dark mode
    hand: 'right',
    touch: 'bare',
    volume: 0.6,
    prefix: '', // what the scanner sends before each code, taken off again
    suffix: 'Enter NumpadEnter Tab', // the keys that may end a code
    idle_end_ms: 0, // a scanner that sends no suffix: a code ends after this pause; 0 = off
    sink: false // a scanner that injects text instead of pressing keys
  }
  const root = document.documentElement
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  let values = { ...BEFORE }

  function load () {
    try {
      values = { ...BEFORE, ...JSON.parse(localStorage.getItem(KEY) || '{}') }
    } catch (broken) { // blocked or damaged storage must not stop the work
      values = { ...BEFORE }
    }
  }

  function show () {
    for (const name of SHOWN) root.dataset[name] = values[name]
    if (!values.theme) root.dataset.theme = dark.matches ? 'dark' : 'light'
    for (const control of document.querySelectorAll('[data-setting]')) {
      const value = values[control.dataset.setting]
      if ('value' in control.dataset) {
        control.setAttribute('aria-pressed', String(String(value) === control.dataset.value))
      } else if (control.type === 'checkbox') control.checked = Boolean(value)
      else control.value = value
    }
  }

  function set (name, value) {
    if (!(name in BEFORE)) throw new Error('no such setting: ' + name)
    const kind = typeof BEFORE[name]
    if (kind === 'number') value = Number.isFinite(Number(value)) ? Number(value) : BEFORE[name]
    else if (kind === 'boolean') value = value === true || value === 'true'
    values[name] = value
    try {
      localStorage.setItem(KEY, JSON.stringify(values))
    } catch (full) { /* the setting then lasts as long as the page */ }
    show()
    window.dispatchEvent(new CustomEvent('setting', { detail: { name, value } }))
  }

  window.tablet = { settings: { get: name => values[name], set } }
  load()
  show()

  dark.addEventListener('change', show)
  document.addEventListener('DOMContentLoaded', show)
  window.addEventListener('storage', event => { if (event.key === KEY) { load(); show() } })
  document.addEventListener('click', event => {
    const control = event.target.closest('[data-setting][data-value]')
    if (control) set(control.dataset.setting, control.dataset.value)
  })
  document.addEventListener('change', event => {
    const control = event.target.closest('[data-setting]')
    if (!control) return
    set(control.dataset.setting, control.type === 'checkbox' ? control.checked : control.value)
  })
})()
