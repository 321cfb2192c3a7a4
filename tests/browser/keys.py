"""Key presses as a scanner or a person makes them; each says its own time, so no test waits for it."""

import time

PLACES = {
    "-": "Minus", ":": "Semicolon", " ": "Space", "/": "Slash", "'": "Quote", ".": "Period", "~": "Backquote",
    "]": "BracketRight", "*": "Digit8", "$": "Digit4", "%": "Digit5", "+": "Equal", "_": "Minus",
}  # fmt: skip
NAMED = {"Enter": ("\r", 13), "Tab": ("\t", 9)}


def place_of(character):
    """The key of a US keyboard on which a character stands."""
    if character.isdigit():
        return f"Digit{character}"
    return f"Key{character.upper()}" if character.isalpha() else PLACES[character]


class Keyboard:
    """One device's keys, sent to one page by the browser's own input channel.

    Its clock runs with the given gaps and may run ahead of the wall: the page reads the time of the key.
    """

    def __init__(self, page):
        self.page = page
        self.channel = page.context.new_cdp_session(page)
        self.now_s = time.time()

    def wait(self, pause_ms):
        self.now_s += pause_ms / 1000

    def press(self, key, *, gap_ms=0, code=None, text=None, number=None, modifiers=0, hold=False):
        """One key down and up, `gap_ms` after the key before."""
        self.wait(gap_ms)
        typed, known = NAMED.get(key, (key if len(key) == 1 else "", ord(key[0].upper())))
        event = {
            "key": key,
            "code": code or (key if key in NAMED else place_of(key)),
            "windowsVirtualKeyCode": number or known,
            "timestamp": self.now_s,
            "modifiers": modifiers,
        }
        down = typed if text is None else text
        kind = "keyDown" if down else "rawKeyDown"
        self.channel.send("Input.dispatchKeyEvent", {"type": kind, "text": down, **event})
        if not hold:
            self.channel.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def type(self, text, gap_ms, terminator="Enter"):
        for character in text:
            self.press(
                character, gap_ms=gap_ms, modifiers=8 if character.isupper() or character == ":" else 0
            )
        if terminator:
            self.press(terminator, gap_ms=gap_ms)

    def inject(self, text):
        """Text put into the focused field without keys, as some hand-held terminals do."""
        self.channel.send("Input.insertText", {"text": text})


def scan_keys(page, text, gap_ms=10, terminator="Enter"):
    """Scan `text` on `page`, one key every `gap_ms` milliseconds, 700 ms after the keys before."""
    keyboard = keyboard_of(page)
    keyboard.now_s = max(time.time(), keyboard.now_s + 0.7)
    keyboard.type(text, gap_ms, terminator)


KEYBOARDS = {}


def keyboard_of(page):
    """The keyboard of a page; the same one each time, so that its clock never runs back."""
    if page not in KEYBOARDS:
        KEYBOARDS[page] = Keyboard(page)
        page.on("close", lambda closed: KEYBOARDS.pop(closed, None))
    return KEYBOARDS[page]
