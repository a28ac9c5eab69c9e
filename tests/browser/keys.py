"""A person with a keyboard and nothing else: Tab to what they want, see that it has the focus, and press a key."""

from __future__ import annotations

from playwright.sync_api import Locator

from tests.browser import watching
from tests.browser.hands import Hand

#: More stops than any page has.
MOST = 200
OPTION = "e => e.options[e.selectedIndex].label.trim()"


class Keys(Hand):
    """Who has no mouse. Fails where Tab does not come, and where it is not seen or lies under something."""

    def _press(self, what: Locator) -> Hand:
        self.actions += 1
        self._goes_to(what)
        self.page.keyboard.press("Enter")
        return self

    def _fill(self, field: Locator, text: str) -> None:
        self._goes_to(field)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)

    def _choose(self, choice: Locator, option: str) -> None:
        self._goes_to(choice)
        self.page.keyboard.press("Home")
        for _ in range(int(choice.evaluate("e => e.options.length"))):
            if choice.evaluate(OPTION) == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not come to {option}")

    def _tick(self, box: Locator) -> None:
        if box.get_attribute("type") == "checkbox":
            self._goes_to(box)
            self.page.keyboard.press("Space")
            return
        # Tab comes to the one that is chosen, or to the first; the arrows go on from there, and choose.
        group = self.page.locator(f'input[type=radio][name="{box.get_attribute("name")}"]')
        chosen = group.and_(self.page.locator(":checked"))
        self._goes_to(chosen.first if chosen.count() else group.first)
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if box.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError("the arrows do not come to this choice")

    def _goes_to(self, wanted: Locator) -> None:
        target = wanted.element_handle()
        for _ in range(MOST):
            if self.page.evaluate("e => e === document.activeElement", target):
                shown = watching.focused(self.page)
                assert shown["outlined"], f"no visible focus: {shown['what']}"
                assert not shown["covered"], f"covered: {shown['what']}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {wanted}")
