/* Shows what the server says to a scan: swapped in for #task where the page still shows that task,
   else as one line in [data-late], if it was a refusal. Other pages of this device hear it too. */
(function () {
  'use strict'
  const { tablet } = window
  const others = new BroadcastChannel('answers')
  const LOUD = ['warn', 'error']

  const shows = url => document.querySelector('[data-scan-url]')?.dataset.scanUrl === url

  function showLate (say) {
    const place = document.querySelector('[data-late]')
    if (!place || !say) return
    const line = document.createElement('p')
    line.textContent = say.textContent.trim()
    place.insertBefore(line, place.querySelector(':scope > button'))
    place.hidden = false
  }

  /* answer: {status, html, url, go}; returns true if the page is being left for another. */
  function show (answer) {
    const { status, html, url, go } = answer
    if (go && shows(url)) {
      location.assign(go)
      return true
    }
    const parts = new DOMParser().parseFromString(html, 'text/html')
    const task = parts.getElementById('task')
    const reported = parts.querySelector('[data-reported]')
    if (task && shows(url) && document.getElementById('task')) {
      window.htmx.swap('#task', html, { swapStyle: 'outerHTML', swapDelay: 0, settleDelay: 0 })
    } else if (reported) {
      window.htmx.swap('[data-reported-here]', reported.outerHTML, { swapStyle: 'innerHTML', swapDelay: 0, settleDelay: 0 })
      window.dispatchEvent(new CustomEvent('reported'))
    } else if (status >= 400 || LOUD.includes(task?.dataset.sound)) {
      showLate(parts.querySelector('[data-say]') ?? parts.body)
      window.dispatchEvent(new CustomEvent('answer-late'))
      // The screen was out of date (409): draw it as things stand now.
      if (status === 409 && shows(url)) window.htmx.ajax('GET', location.href, { target: '#task', swap: 'outerHTML' })
    }
    window.dispatchEvent(new CustomEvent('answer', { detail: { status, url } }))
    return false
  }

  /* The page that sent a scan may not be the page that made it. */
  function tellOthers (answer) { others.postMessage(answer) }
  others.addEventListener('message', event => { if (shows(event.data.url)) show(event.data) })

  document.addEventListener('click', event => { // [data-late] goes when it has been read
    const place = event.target.closest('[data-late]')
    if (!place) return
    for (const line of place.querySelectorAll('p')) line.remove()
    place.hidden = true
  })

  tablet.answers = { show, tellOthers }
})()
