/* Paper from the browser. A link [data-print] loads its PDF into a hidden frame and opens the print dialog; a
   button [data-print-frame="#id"] prints what that frame shows. A browser without a PDF viewer of its own
   (Android) shows no PDF in a frame: there the link, or the form of the frame, opens the PDF by itself. */
(function () {
  'use strict'
  const hasViewer = navigator.pdfViewerEnabled !== false

  function printed (frame) {
    frame.contentWindow.focus()
    frame.contentWindow.print()
  }

  document.addEventListener('click', event => {
    const link = event.target.closest('a[data-print]')
    if (link && hasViewer) {
      event.preventDefault()
      const frame = document.createElement('iframe')
      frame.title = link.textContent.trim()
      frame.className = 'paper-behind'
      frame.addEventListener('load', () => printed(frame), { once: true })
      document.querySelector('iframe.paper-behind')?.remove()
      frame.src = link.href
      document.body.append(frame)
    }
    const button = event.target.closest('[data-print-frame]')
    if (button && hasViewer) printed(document.querySelector(button.dataset.printFrame))
  })

  if (!hasViewer) for (const form of document.querySelectorAll('form[data-paper-form]')) form.target = '_blank'
})()
