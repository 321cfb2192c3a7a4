/* Which character a key press stands for, also where an input method or another keyboard layout hides it.
   Scanners press the keys of a US keyboard, so `code` (the place of the key) tells what `key` does not. */
(function () {
  'use strict'
  const PLACES = { // without and with Shift
    Minus: '-_', Equal: '=+', BracketLeft: '[{', BracketRight: ']}', Backslash: '\\|', Semicolon: ';:',
    Quote: '\'"', Comma: ',<', Period: '.>', Slash: '/?', Backquote: '`~', Space: '  ',
    NumpadSubtract: '--', NumpadAdd: '++', NumpadMultiply: '**', NumpadDivide: '//', NumpadDecimal: '..'
  }
  const ABOVE_DIGITS = ')!@#$%^&*('

  function byPlace (event) {
    const shifted = event.shiftKey ? 1 : 0
    const code = event.code || ''
    const digit = /^Digit(\d)$/.exec(code)
    if (digit) return shifted ? ABOVE_DIGITS[digit[1]] : digit[1]
    if (/^Numpad\d$/.test(code)) return code[6]
    if (/^Key[A-Z]$/.test(code)) return shifted ? code[3] : code[3].toLowerCase()
    return code in PLACES ? PLACES[code][shifted] : null
  }

  /* One ASCII character, GS (0x1d) for Ctrl+], or null for a key that is no part of a code (Shift, F1 …). */
  function characterOf (event) {
    if (event.ctrlKey && !event.altKey && !event.metaKey) {
      return event.code === 'BracketRight' || event.key === ']' ? '\x1d' : null
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return null
    if (event.key.length === 1 && event.key >= ' ' && event.key <= '~') return event.key
    return byPlace(event) // 'Process', 'Unidentified', 229, Cyrillic, full-width, a keypad without NumLock
  }

  window.tablet.characterOf = characterOf
})()
