/* The problem sheet. [data-report="#problem:…"] is kept in the outbox like a scan and sent to [data-report-url]; what
   the server says to it stands in [data-reported-here] until the next scan. [data-step-by] steps the number beside it;
   a button [data-from="#there" data-of="3"] says and sends what follows from that number. */
(function () {
  'use strict'
  const { queue } = window.tablet

  function step (button) {
    const field = button.closest('.stepper').querySelector('input')
    const next = Number(field.value) + Number(button.dataset.stepBy)
    field.value = Math.min(Number(field.max), Math.max(Number(field.min), next))
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }

  /* Of data-of copies as many are there as the field says; the rest is what will be reported. */
  function follow (field) {
    const button = document.querySelector(`[data-from="#${field.id}"]`)
    if (!button) return
    const there = Math.min(Number(field.max), Math.max(Number(field.min), Math.trunc(Number(field.value)) || 0))
    button.dataset.virtualScan = button.dataset.scanWords.replace('{n}', there)
    button.querySelector('span').textContent = button.dataset.words.replace('{n}', Number(button.dataset.of) - there)
  }

  function clear () {
    document.querySelector('[data-reported-here]')?.replaceChildren()
  }

  document.addEventListener('click', event => {
    const stepper = event.target.closest('[data-step-by]')
    if (stepper) return step(stepper)
    const tile = event.target.closest('[data-report]')
    if (tile) {
      clear()
      return queue.keep({ raw: tile.dataset.report, url: tile.dataset.reportUrl, at: new Date().toISOString() })
    }
    const press = event.target.closest('[data-press]')
    if (press) return document.querySelector(press.dataset.press).click()
    if (event.target.closest('[data-reported-seen]')) clear()
  })
  document.addEventListener('input', event => {
    if (event.target.matches('.stepper input')) follow(event.target)
  })
  window.addEventListener('scan', clear)

  /* A sheet that came from the server takes the focus like one that was on the page. */
  document.addEventListener('htmx:afterSwap', event => {
    const sheet = event.target.id === 'sheet-here' && event.target.querySelector('[data-sheet]')
    if (!sheet) return
    sheet.tabIndex = -1
    sheet.focus({ preventScroll: true })
  })
})()
