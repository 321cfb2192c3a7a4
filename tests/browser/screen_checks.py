"""What every screen must be: fit for the hand, whole on the tablet, readable for everyone."""

from axe_playwright_python.sync_playwright import Axe

SMALLEST_TARGET_PX = 56
# Runs in the page; answers a list of sentences, empty if all is well.
LOOK = """
smallest => {
  const faults = []
  const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') +
    (typeof e.className === 'string' && e.className ? '.' + e.className.trim().replace(/\\s+/g, '.') : '') +
    ' "' + (e.innerText || e.getAttribute('aria-label') || '').trim().slice(0, 40).replace(/\\s+/g, ' ') + '"'
  const shown = e => {
    const box = e.getBoundingClientRect()
    const seen = e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    return seen && box.width > 1 && box.height > 1
  }
  const clips = value => value === 'hidden' || value === 'clip'
  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth + 1) {
    faults.push('scrolls sideways: ' + root.scrollWidth + ' px on ' + root.clientWidth)
    for (const e of document.body.querySelectorAll('*')) {
      if (shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1 && !e.children.length) {
        faults.push('  sticks out: ' + name(e))
      }
    }
  }
  const targets = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]'
  for (const e of document.querySelectorAll(targets)) {
    if (!shown(e) || e.hasAttribute('data-sink')) continue
    const small = ['checkbox', 'radio'].includes(e.type) && e.closest('label')
    const box = (small || e).getBoundingClientRect()
    if (box.width + 0.5 < smallest || box.height + 0.5 < smallest) {
      faults.push('target of ' + Math.round(box.width) + ' x ' + Math.round(box.height) + ' px: ' + name(e))
    }
    if (box.left < -1 || box.right > root.clientWidth + 1) faults.push('target off the screen: ' + name(e))
  }
  for (const e of document.body.querySelectorAll('*')) {
    if (e.closest('svg, [data-sink], .sr-only, .visually-hidden') || !shown(e)) continue
    const style = getComputedStyle(e)
    const own = [...e.childNodes].filter(n => n.nodeType === 3 && n.textContent.trim())
    if (!own.length) continue
    const ellipsis = style.textOverflow === 'ellipsis' && e.closest('.list, table') // allowed in lists only
    const wide = clips(style.overflowX) && e.scrollWidth > e.clientWidth + 1
    const high = clips(style.overflowY) && e.scrollHeight > e.clientHeight + 3
    if (wide && !ellipsis) faults.push('cut text: ' + name(e))
    if (high) faults.push('cut text (height): ' + name(e))
    // Its own words only: a child's words are the child's matter, and may be for screen readers alone.
    const range = document.createRange()
    const boxes = own.map(n => (range.selectNode(n), range.getBoundingClientRect()))
    const words = {
      left: Math.min(...boxes.map(b => b.left)), right: Math.max(...boxes.map(b => b.right)),
      top: Math.min(...boxes.map(b => b.top)), bottom: Math.max(...boxes.map(b => b.bottom)) }
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      const rules = getComputedStyle(p)
      const frame = p.getBoundingClientRect()
      const across = clips(rules.overflowX) && (words.right > frame.right + 2 || words.left < frame.left - 2)
      const down = clips(rules.overflowY) && (words.bottom > frame.bottom + 3 || words.top < frame.top - 3)
      const inList = ellipsis || (p.closest('.list, table') && rules.textOverflow === 'ellipsis')
      if ((across && !inList) || down) {
        faults.push('cut by ' + name(p).split(' ')[0] + ': ' + name(e))
        break
      }
      if (/auto|scroll/.test(rules.overflowX + rules.overflowY)) break
    }
  }
  return faults
}
"""


def layout_faults_of(page):
    """What a look alone shows: sideways scroll, small targets, cut text."""
    return list(page.evaluate(LOOK, SMALLEST_TARGET_PX))


def faults_of(page, *, axe_off=()):
    """Every fault of the screen as it stands, one sentence each.

    `axe_off`: ids of axe rules that do not hold here, to be explained where they are given.
    """
    faults = layout_faults_of(page)
    rules = {rule: {"enabled": False} for rule in axe_off}
    report = Axe().run(page, options={"rules": rules, "resultTypes": ["violations"]})
    for violation in report.response["violations"]:
        places = ", ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:4])
        faults.append(f"axe {violation['id']} ({violation['impact']}): {violation['help']}: {places}")
    return faults


def assert_screen_is_fit(page, *, axe_off=()):
    """Refuses a screen with axe violations, a sideways scroll, a target under 56 px or cut text."""
    faults = faults_of(page, axe_off=axe_off)
    size = page.viewport_size
    where = f"{page.url} at {size['width']}x{size['height']}" if size else page.url
    assert not faults, "\n".join([where, *faults])
