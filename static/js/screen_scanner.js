/* The scanner on the screen: the whole job with a mouse. [data-virtual-scan="CODE"] scans CODE when pressed;
   a form [data-virtual-scan-form] scans what was typed into its text field. Same way as a real scanner. */
(function () {
  'use strict'
  const { scanner } = window.tablet

  document.addEventListener('click', event => {
    const button = event.target.closest('[data-virtual-scan]')
    if (button) scanner.hear(button.dataset.virtualScan)
  })
  document.addEventListener('submit', event => {
    const form = event.target.closest('[data-virtual-scan-form]')
    if (!form) return
    event.preventDefault()
    const field = form.querySelector('input:not([type=hidden])')
    const typed = field.value.trim()
    field.value = ''
    // A command that carries what was typed: data-prefix="#last4:"
    if (typed) scanner.hear((form.dataset.prefix || '') + typed)
  })
})()
