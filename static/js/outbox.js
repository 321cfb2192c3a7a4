/* The scans of this device that the server has not answered yet, on disk and in order (IndexedDB). */
(function () {
  'use strict'
  const { tablet } = window

  function done (request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  }

  const opening = new Promise((resolve, reject) => {
    const request = indexedDB.open('outbox', 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('scans', { keyPath: 'seq', autoIncrement: true })
      request.result.createObjectStore('lease')
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  opening.catch(() => {}) // whoever adds a scan is told

  async function write (store, work) {
    const db = await opening
    const deal = db.transaction(store, 'readwrite', { durability: 'strict' })
    const result = work(deal.objectStore(store))
    await new Promise((resolve, reject) => {
      deal.oncomplete = resolve
      deal.onabort = deal.onerror = () => reject(deal.error)
    })
    return result
  }

  /* Every scan that waits for its answer, oldest first. */
  async function waiting () {
    const db = await opening
    const scans = await done(db.transaction('scans').objectStore('scans').getAll())
    return scans.filter(scan => scan.lane !== 'dead')
  }

  const add = scan => write('scans', scans => done(scans.add(scan)))
  const bury = scan => write('scans', scans => { scans.put({ ...scan, lane: 'dead' }) }) // kept, never sent again
  const remove = seq => write('scans', scans => { scans.delete(seq) })

  /* For pages without Web Locks (plain http): true if `tab` may send for the next `ms` milliseconds. */
  function lease (tab, ms) {
    return write('lease', leases => done(leases.get('sender')).then(held => {
      if (held && held.tab !== tab && held.until > Date.now()) return false
      leases.put({ tab, until: Date.now() + ms }, 'sender')
      return true
    }))
  }

  /* UUID v4; crypto.randomUUID is missing on plain http. */
  function uuid () {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    bytes[6] = (bytes[6] & 0x0f) | 0x40
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }

  tablet.outbox = { add, bury, remove, waiting, lease, uuid }
})()
