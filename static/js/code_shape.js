/* Whether what came from the scanner can be a whole code. Only the surely broken is stopped here
   ("Scan again"); what a code means is decided by the server. No check digit is ever repaired. Blocking. */
(function () {
  'use strict'
  const SHORTEST = 4
  const BOOK_LENGTHS = [13, 15, 18] // alone, with a 2-digit or with a 5-digit add-on

  function checkDigitIsRight (thirteen) {
    let sum = 0
    for (let at = 0; at < 13; at++) sum += Number(thirteen[at]) * (at % 2 ? 3 : 1)
    return sum % 10 === 0
  }

  /* 'sure': a book code vouched for by its check digit; 'plain': may be a code; 'torn': cannot be one. */
  function shapeOf (raw) {
    const text = raw.normalize('NFKC').trim().replace(/^\][A-Za-z]\d/, '') // ]E0 names the kind of bar code
    if (text.length < SHORTEST) return 'torn'
    if (!/^97[89][\d\s]*$/.test(text)) return 'plain'
    const digits = text.replace(/\s/g, '')
    return BOOK_LENGTHS.includes(digits.length) && checkDigitIsRight(digits.slice(0, 13)) ? 'sure' : 'torn'
  }

  window.tablet.shapeOf = shapeOf
})()
