/* Speaks the answer: sound and vibration by data-sound of #task (ok, done, warn, error), once an answer
   (data-answer-id). An error sounds again every 4 s while [data-alarm] is shown and nobody pressed
   [data-silence]. The scanner's own beep only says "decoded", never "right". Sounds are made, no files. */
(function () {
  'use strict'
  const { settings } = window.tablet
  const AGAIN_MS = 4000
  // Pitch, number and length differ, so that they stay apart in noise: [wave, from Hz, to Hz, start s, length s].
  const SOUNDS = {
    ok: { notes: [['sine', 1760, 1760, 0, 0.07]], gain: 0.5, shake: [30] },
    done: {
      notes: [['sine', 1047, 1047, 0, 0.09], ['sine', 1319, 1319, 0.1, 0.09], ['sine', 1568, 1568, 0.2, 0.16]],
      gain: 0.5,
      shake: [40, 40, 40]
    },
    warn: {
      notes: [['square', 660, 660, 0, 0.11], ['square', 660, 660, 0.18, 0.11]], gain: 0.25, shake: [60, 60, 60]
    },
    error: { notes: [['sawtooth', 196, 147, 0, 0.64]], gain: 1, shake: [250, 80, 250] }, // 6 dB over the others
    tick: { notes: [['square', 1200, 1200, 0, 0.02]], gain: 0.08, shake: [] }
  }
  let context = null
  let alarm = 0
  let silenced = ''
  let spoken = null

  function speaker () {
    if (!context && window.AudioContext) context = new AudioContext()
    if (context && context.state === 'suspended') context.resume().catch(() => {})
    return context
  }

  function note (out, [wave, from, to, start, length], gain) {
    const voice = out.createOscillator()
    const level = out.createGain()
    const begin = out.currentTime + start
    voice.type = wave
    voice.frequency.setValueAtTime(from, begin)
    voice.frequency.linearRampToValueAtTime(to, begin + length)
    level.gain.setValueAtTime(gain, begin)
    level.gain.setValueAtTime(gain, begin + length * 0.8)
    level.gain.linearRampToValueAtTime(0.0001, begin + length) // no click at the end
    voice.connect(level).connect(out.destination)
    voice.start(begin)
    voice.stop(begin + length)
  }

  function play (name) {
    const sound = SOUNDS[name]
    if (!sound) return
    const out = speaker()
    const volume = Number(settings.get('volume'))
    if (out && volume > 0) for (const each of sound.notes) note(out, each, sound.gain * volume)
    if (sound.shake.length && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(sound.shake)
    window.dispatchEvent(new CustomEvent('sounded', { detail: { name, state: out?.state ?? 'none' } }))
  }

  /* The last answer spoken is kept over a reload: a page shown again is no new answer. */
  function isNew (task) {
    const id = task.dataset.answerId
    if (!id) {
      const first = spoken !== task
      spoken = task
      return first
    }
    const before = sessionStorage.getItem('spoken')
    sessionStorage.setItem('spoken', id)
    return before !== id
  }

  function ring () {
    const shown = document.querySelector('[data-alarm]:not([hidden])')
    const id = shown?.closest('[data-answer-id]')?.dataset.answerId ?? 'alarm'
    const loud = shown && silenced !== id
    if (loud && !alarm) alarm = setInterval(() => play('error'), AGAIN_MS)
    if (!loud && alarm) { clearInterval(alarm); alarm = 0 }
    if (!shown) silenced = ''
  }

  function look () {
    const task = document.getElementById('task')
    if (task?.dataset.sound && isNew(task)) play(task.dataset.sound)
    ring()
  }

  document.addEventListener('click', event => {
    if (event.target.closest('[data-test-sound]')) play(event.target.closest('[data-test-sound]').dataset.testSound || 'ok')
    if (!event.target.closest('[data-silence]')) return
    silenced = document.querySelector('[data-alarm]')?.closest('[data-answer-id]')?.dataset.answerId ?? 'alarm'
    ring()
  })
  const on = (event, name) => window.addEventListener(event, () => play(name))
  on('scan-torn', 'warn')
  on('scan-bounce', 'tick')
  on('scan-unsaved', 'error')
  on('scan-dead', 'error')
  on('answer-late', 'warn')
  on('reported', 'done')
  on('tap-dropped', 'warn')
  on('offline', 'tick')
  for (const gesture of ['keydown', 'pointerdown']) { // browsers keep quiet until a person has done something
    window.addEventListener(gesture, () => { if (context?.state !== 'running') speaker() }, true)
  }
  new MutationObserver(look).observe(document.body, {
    childList: true, subtree: true, attributes: true, attributeFilter: ['data-answer-id', 'hidden']
  })
  look()
})()
