/* A desk form that loses nothing: <form method="post" data-keep> is sent without leaving the page. A refusal is said
   above it and what was typed stays; where it went well the page that the server leads to is opened. */
(function () {
  'use strict'

  async function send (form, button, body) {
    const address = button?.hasAttribute('formaction') ? button.formAction : form.action
    const answer = await fetch(address, {
      method: 'POST', body, headers: { 'HX-Request': 'true' }
    })
    if (answer.ok) {
      location.assign(answer.url)
    } else if (answer.headers.has('X-Login')) {
      location.assign(answer.headers.get('X-Login'))
    } else {
      say(await answer.text())
    }
  }

  function say (html) {
    const notice = document.querySelector('#notice')
    notice.innerHTML = html
    notice.scrollIntoView({ block: 'nearest' })
  }

  document.addEventListener('submit', async event => {
    const form = event.target
    if (!form.matches('form[data-keep]') || event.defaultPrevented) return
    event.preventDefault()
    const button = event.submitter
    // Before the button is disabled: what it says goes along only while it can be pressed.
    const body = new FormData(form, button)
    if (button) button.disabled = true
    try {
      await send(form, button, body)
    } catch {
      window.tablet.notices.turn('offline', true)
    } finally {
      if (button) button.disabled = false
    }
  })
})()
