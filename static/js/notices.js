/* Shows and hides what the page can say by itself, without the server: [data-notice=torn | full | unsaved |
   dead | login | focus | offline]. The words are in the page, in the person's language; this only turns them on. */
(function () {
  'use strict'
  const { tablet } = window

  function turn (name, on) {
    for (const notice of document.querySelectorAll(`[data-notice=${name}]`)) notice.hidden = !on
  }

  const on = (event, name) => window.addEventListener(event, () => turn(name, true))
  on('scan-torn', 'torn')
  on('scan-unsaved', 'unsaved')
  on('scan-dead', 'dead')
  on('login-needed', 'login')

  window.addEventListener('scan', () => { turn('torn', false); turn('unsaved', false) })
  window.addEventListener('answer', () => turn('login', false))
  document.addEventListener('click', event => {
    const notice = event.target.closest('[data-notice]')
    if (event.target.closest('[data-seen]') && notice) notice.hidden = true
  })

  // A tablet whose page lost the focus is deaf: keys go elsewhere until someone taps.
  const look = () => turn('focus', !document.hasFocus())
  window.addEventListener('focus', look)
  window.addEventListener('blur', look)
  document.addEventListener('visibilitychange', look)

  tablet.notices = { turn }
})()
