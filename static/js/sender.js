/* Sends the waiting scans, one at a time, in order, each until it is answered. A repeat carries the same
   scan_id, so the server counts it once. Only an answer takes a scan out of the outbox, never a guess. */
(function () {
  'use strict'
  const { tablet } = window
  const { outbox, answers } = tablet
  const TIMEOUT_MS = 8000
  const LEASE_MS = 12000 // longer than one try
  const PAUSE_MS = 200
  const LONGEST_PAUSE_MS = 10000
  const LOST_LOGIN_MS = 60 * 1000 // a badge scanned for a login that never came must not log in later
  const AGAIN = [0, 408, 425, 429] // and 5xx: the same id again, without end
  const tab = outbox.uuid()
  let busy = false
  let wanted = false
  let leaving = false
  let failures = 0
  let wake = () => {}

  const meta = name => document.querySelector(`meta[name=${name}]`)?.content ?? ''
  const tell = (name, detail) => window.dispatchEvent(new CustomEvent(name, { detail }))
  const onLoginPage = () => Boolean(document.querySelector('[data-scan-url][data-scan-ahead]'))

  async function next () {
    const ahead = onLoginPage() // its scans overtake those that wait for the login, and no others are sent
    for (const scan of await outbox.waiting()) {
      const lost = scan.lane === 'login' && Date.now() - Date.parse(scan.made_at) > LOST_LOGIN_MS
      if (lost) await outbox.remove(scan.seq)
      else if ((scan.lane === 'login') === ahead) return scan
    }
    return null
  }

  async function post ({ url, lane, ...fields }) {
    const stop = new AbortController()
    const clock = setTimeout(() => stop.abort(), TIMEOUT_MS)
    const headers = { Accept: 'text/html', 'X-Scan': '1', 'X-CSRFToken': meta('csrf-token') }
    try {
      // A redirect is not followed: the login page with status 200 is no answer to a scan.
      const body = new URLSearchParams(fields)
      const reply = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal: stop.signal })
      const status = reply.type === 'opaqueredirect' ? 401 : reply.status
      const answer = { status, url, html: await reply.text(), go: reply.headers.get('X-Go') }
      return { answer, login: reply.headers.get('X-Login') }
    } catch (cut) {
      return { answer: { status: 0, url, html: '', go: null }, login: null }
    } finally {
      clearTimeout(clock)
    }
  }

  async function settle (scan, answer) {
    const known = answer.status < 300 || answer.status === 409 || answer.status === 422
    if (known) await outbox.remove(scan.seq)
    else {
      await outbox.bury(scan) // a fault of ours, not of the person: kept for whoever looks into it
      tell('scan-dead', { raw: scan.raw, status: answer.status })
    }
    answers.tellOthers({ ...answer, go: null })
    if (known) leaving = answers.show(answer)
  }

  /* Returns what stopped it: 'empty', 'failed' (try again), 'login' (a person must log in first). */
  async function sendAll (mayGoOn) {
    for (let scan = await next(); scan && !leaving; scan = await next()) {
      if (!await mayGoOn()) return 'failed'
      const { answer, login } = await post(scan)
      if (answer.status === 401) {
        tell('login-needed', {})
        if (login && !onLoginPage()) location.assign(login)
        return 'login'
      }
      if (AGAIN.includes(answer.status) || answer.status >= 500) return 'failed'
      failures = 0
      await settle(scan, answer)
      await tablet.net.report()
    }
    return 'empty'
  }

  /* One sender for all pages of this device. */
  async function alone () {
    if (navigator.locks) return navigator.locks.request('outbox', () => sendAll(async () => true))
    const held = () => outbox.lease(tab, LEASE_MS) // plain http has no Web Locks
    if (!await next()) return 'empty'
    try {
      return await sendAll(held)
    } finally {
      await outbox.lease(tab, 0)
    }
  }

  function rest () {
    const longest = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.min(failures, 6))
    return new Promise(resolve => {
      wake = resolve
      setTimeout(resolve, longest * (0.5 + Math.random() / 2))
    })
  }

  /* Send what waits; safe to call at any time and from any event. */
  async function drain () {
    wanted = true
    wake()
    if (busy) return
    busy = true
    try {
      while (wanted && !leaving) {
        wanted = false
        if (await alone() !== 'failed') continue
        failures += 1
        wanted = true
        tablet.net.failing(failures)
        await rest()
      }
    } finally {
      busy = false // a fault ends this round; the next trigger begins another
    }
  }

  tablet.sender = { drain }
  window.addEventListener('online', drain)
  window.addEventListener('pageshow', () => { leaving = false; drain() })
  document.addEventListener('visibilitychange', drain)
  setInterval(drain, 15000)
})()
