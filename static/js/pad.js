/* Our own number pad, as large as a glove: tablets hide their keyboard while a scanner is paired.
   <div data-pad="#weight"> with buttons data-key="0…9", ".", "back", "clear". The field keeps its maxlength;
   the point is taken once, and only where the pad has it. */
(function () {
  'use strict'

  function typed (value, key) {
    if (key === 'clear') return ''
    if (key === 'back') return value.slice(0, -1)
    if (key === '.' && value.includes('.')) return value
    if (key === '.' && value === '') return '0.'
    return value + key
  }

  document.addEventListener('click', event => {
    const button = event.target.closest('[data-key]')
    const pad = button?.closest('[data-pad]')
    if (!pad) return
    const field = document.querySelector(pad.dataset.pad)
    const value = typed(field.value, button.dataset.key)
    if (field.maxLength >= 0 && value.length > field.maxLength) return
    field.value = value
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.dispatchEvent(new Event('change', { bubbles: true }))
  })
})()
