/* Takes each scan down, on disk, before anything else happens to it, and has it sent. */
(function () {
  'use strict'
  const { outbox, sender, scanner, net } = window.tablet

  /* What the person was looking at when it was scanned goes with the scan; later is too late. */
  function entryOf (scan) {
    const place = document.querySelector('[data-scan-url]')
    if (!place) return null
    return {
      scan_id: outbox.uuid(),
      url: scan.url ?? place.dataset.scanUrl,
      lane: place.hasAttribute('data-scan-ahead') ? 'login' : '',
      raw: scan.raw,
      step: document.querySelector('[data-step]')?.dataset.step ?? '',
      made_at: scan.at,
      qty: document.querySelector('[data-scan-qty]')?.value ?? '',
      choice: scan.choice ?? '',
      made_by: document.querySelector('meta[name=person]')?.content ?? ''
    }
  }

  async function keep (scan) {
    const entry = entryOf(scan)
    net.expect()
    try {
      if (!entry) throw new Error('this page takes no scans')
      if (net.isFull()) throw new Error('the outbox is full')
      await outbox.add(entry)
    } catch (notKept) {
      window.dispatchEvent(new CustomEvent('scan-unsaved', { detail: { raw: scan.raw } }))
      return
    } finally {
      net.kept()
    }
    sender.drain()
  }

  window.addEventListener('scan', event => {
    event.preventDefault() // says: heard
    keep(event.detail)
  })
  for (const scan of scanner.unheard.splice(0)) keep(scan) // made while the page was loading

  // Several items answer to one code: the person taps the right one, and the same code is sent with the choice.
  document.addEventListener('click', event => {
    const button = event.target.closest('[data-choice]')
    if (!button) return
    keep({ raw: button.dataset.raw, choice: button.dataset.choice, at: new Date().toISOString() })
  })

  window.tablet.queue = { keep } // for what is no scan but must arrive once, in order with the scans
  sender.drain()
})()
