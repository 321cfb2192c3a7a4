/* The sixth digit of a PIN opens the door: no further tap. A field that is no longer empty says so to the style sheet. */
(function () {
  'use strict'

  document.addEventListener('input', event => {
    const field = event.target.closest('[data-pin]')
    if (!field || field.value.length < field.maxLength) return
    if (field.form.checkValidity()) field.form.requestSubmit()
    else field.form.reportValidity()
  })
})()
