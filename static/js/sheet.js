/* Opens and closes sheets: [data-open-sheet="#id"], [data-close-sheet] inside it, Escape. The focus goes to
   the sheet itself, not to a button in it, so that a scanner's Enter presses nothing; then back to the opener. */
(function () {
  'use strict'
  let opener = null

  function open (sheet, by) {
    for (const other of document.querySelectorAll('[data-sheet]:not([hidden])')) other.hidden = true
    opener = by
    by.setAttribute('aria-expanded', 'true')
    sheet.hidden = false
    sheet.setAttribute('data-sheet', '')
    sheet.tabIndex = -1
    sheet.focus({ preventScroll: true })
  }

  function close (sheet, byKey) {
    sheet.hidden = true
    opener?.setAttribute('aria-expanded', 'false')
    if (byKey && opener?.isConnected) opener.focus({ preventScroll: true })
    opener = null
  }

  document.addEventListener('click', event => {
    const by = event.target.closest('[data-open-sheet]')
    if (by) return open(document.querySelector(by.dataset.openSheet), by)
    const closer = event.target.closest('[data-close-sheet]')
    if (closer) close(closer.closest('[data-sheet]'), event.detail === 0)
  })
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return
    const sheet = document.querySelector('[data-sheet]:not([hidden])')
    if (sheet) close(sheet, true)
  })
})()
