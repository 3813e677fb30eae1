"""The page of `local` in a real browser: by clicks and keys, with the codes that arrive, and no look inside.

`--pictures FOLDER` takes the pictures of the README instead.
"""

import argparse
import contextlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from local import Local, claim, local

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {"SEND_ANSWER_STEP_MILLISECONDS": "0", "CODES_PER_ADDRESS_PER_HOUR": "0", "RUST_LOG": "off"}

# The whole page, in bytes.
LARGEST = 60_000
SCHEMES = ("light", "dark")
NARROW = {"width": 360, "height": 740}


class Visit:
    """One person at the page, and all that the browser complained of."""

    def __init__(self, service: Local, page: Page) -> None:
        self.service = service
        self.page = page
        self.faults: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._request)
        page.goto(service.api)
        page.locator("html[data-ready]").wait_for()

    def _console(self, message: ConsoleMessage) -> None:
        # The browser reports each refused call, which is what some scenes are about.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(f"{self.service.api}/"):
            self.faults.append(f"another origin: {request.url}")

    def sign_up(self, username: str, number: str) -> None:
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Mobile number").fill(number)
        self.page.locator("#signup").get_by_role("button", name="Text me a code").click()

    def has_texts(self, number: str, count: int) -> None:
        """Waits until the phone shows so many texts to a number, and the app knows of the newest."""
        shown = self.page.locator(".texts").get_by_text(f"to +1 {number[2:5]} {number[5:8]} {number[8:]}")
        expect(shown).to_have_count(count)
        expect(self.page.locator("[data-resend]")).to_have_text(re.compile("^Another code in "))
        claim(len(self.service.texts(number)) == count, f"there are not {count} texts to {number}")

    def type_code(self, code: str) -> None:
        field = self.page.locator("#otp")
        expect(field).to_have_value("")
        field.focus()
        self.page.keyboard.type(code)

    def is_verified(self, username: str) -> None:
        heading = self.page.get_by_role("heading", name=f"{username} is verified")
        expect(heading).to_be_visible()
        expect(heading).to_be_focused()

    def scene(self, button: str) -> None:
        """Moves the clock, and waits until the page goes by it."""
        with self.page.expect_response("**/_local/clock"):
            self.page.get_by_role("button", name=button).click()

    def messenger(self, does: str) -> None:
        with self.page.expect_response("**/_local/script"):
            self.page.get_by_label(does).check()

    def problem(self, words: str) -> None:
        expect(self.page.locator("#otp-problem")).to_contain_text(words)
        expect(self.page.locator("#otp")).to_have_attribute("aria-invalid", "true")

    def resend(self) -> None:
        button = self.page.locator("[data-resend]")
        expect(button).to_have_text("Send another code")
        button.click()


@contextlib.contextmanager
def visit(browser: Browser, service: Local, before: str = "", **context) -> Iterator[Visit]:
    """Opens the page, after the script `before`, and claims at the end that the browser has nothing to complain of."""
    with contextlib.closing(browser.new_context(**context)) as opened:
        opened.set_default_timeout(20_000)
        opened.add_init_script(before)
        visit = Visit(service, opened.new_page())
        yield visit
        claim(not visit.faults, "; ".join(visit.faults))


def wrong(code: str) -> str:
    """A code that is another one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def somebody_is_verified_with_the_keys_alone(browser: Browser, service: Local) -> None:
    number = "+12025550101"
    with visit(browser, service) as at:
        at.page.get_by_label("Mobile number").fill(number)
        at.page.keyboard.press("Enter")
        at.has_texts(number, 1)
        expect(at.page.locator("#otp")).to_be_focused()
        at.page.keyboard.type(service.code(number))
        at.is_verified("ada")
        calls = at.page.locator(".calls summary code")
        expect(calls).to_have_text(["POST /verify", "POST /signup"])
        signup = at.page.locator(".calls li").last
        signup.locator("summary").click()
        expect(signup.get_by_role("region", name="Request")).to_contain_text("Idempotency-Key: ")
        expect(signup.get_by_role("region", name="Answer")).to_contain_text('"delivery": "SENT"')


def a_verified_name_is_taken_and_signs_in(browser: Browser, service: Local) -> None:
    number = "+12025550101"
    with visit(browser, service) as at:
        at.sign_up("ada", number)
        expect(at.page.locator("#username-problem")).to_contain_text("Somebody verified this name")
        expect(at.page.get_by_label("Username")).to_be_focused()
        at.page.get_by_role("button", name="Sign in instead").click()
        at.scene("Past the cooldown")
        at.page.locator("#signin").get_by_role("button", name="Text me a code").click()
        at.has_texts(number, 2)
        at.type_code(service.code(number))
        at.is_verified("ada")
        expect(at.page.get_by_text("Signed in")).to_be_visible()


def a_wrong_code_costs_a_try_and_the_field_says_so(browser: Browser, service: Local) -> None:
    number = "+12025550102"
    with visit(browser, service) as at:
        at.sign_up("bea", number)
        at.has_texts(number, 1)
        code = service.code(number)
        at.type_code(wrong(code))
        at.problem("That is not the code. 4 tries are left.")
        expect(at.page.locator("#otp")).to_be_focused()
        at.type_code(code)
        at.is_verified("bea")


def a_resend_waits_for_the_cooldown_and_the_newest_code_counts(browser: Browser, service: Local) -> None:
    number = "+12025550103"
    with visit(browser, service) as at:
        at.sign_up("cora", number)
        at.has_texts(number, 1)
        first = service.code(number)
        waiting = at.page.locator("[data-resend]")
        expect(waiting).to_have_text(re.compile(r"Another code in 0:\d\d"))
        expect(waiting).to_have_attribute("aria-disabled", "true")
        at.scene("Past the cooldown")
        at.resend()
        at.has_texts(number, 2)
        second = service.code(number)
        if first != second:
            at.type_code(first)
            at.problem("earlier text")
        at.type_code(second)
        at.is_verified("cora")


def an_expired_code_is_said_to_be_and_another_is_sent(browser: Browser, service: Local) -> None:
    number = "+12025550104"
    with visit(browser, service) as at:
        at.sign_up("dora", number)
        at.has_texts(number, 1)
        at.scene("Past the expiry")
        expect(at.page.get_by_text("It has expired.")).to_be_visible()
        at.type_code(service.code(number))
        at.problem("This code is too old")
        at.resend()
        at.has_texts(number, 2)
        at.type_code(service.code(number))
        at.is_verified("dora")


def an_outage_is_said_and_ends(browser: Browser, service: Local) -> None:
    number = "+12025550105"
    with visit(browser, service) as at:
        at.messenger("Refuses")
        at.sign_up("elsa", number)
        expect(at.page.get_by_text("The text could not be sent.")).to_be_visible()
        at.resend()
        expect(at.page.get_by_text("The text could not be sent: the messenger is down.")).to_be_visible()
        claim(service.texts(number) == [], "a refused text arrived")
        at.messenger("Delivers")
        at.scene("Past the cooldown")
        at.resend()
        at.has_texts(number, 1)
        at.type_code(service.code(number))
        at.is_verified("elsa")


def an_account_that_is_not_verified_is_not_asked_for_by_a_forgotten_id(browser: Browser, service: Local) -> None:
    number = "+12025550113"
    with visit(browser, service) as at:
        at.sign_up("jane", number)
        at.has_texts(number, 1)
        at.scene("One hour on")
        at.resend()
        expect(at.page.get_by_text("This signup is more than an hour old.")).to_be_visible()
        at.page.get_by_role("button", name="Start over").click()
        at.sign_up("jane", number)
        at.has_texts(number, 2)
        at.type_code(service.code(number))
        at.is_verified("jane")


def lost_answers_are_asked_for_again_with_the_same_key(browser: Browser, service: Local) -> None:
    number = "+12025550106"
    with visit(browser, service) as at:
        keys = []

        def lose_three(route) -> None:
            keys.append(route.request.headers["idempotency-key"])
            answer = route.fetch()
            route.abort() if len(keys) <= 3 else route.fulfill(response=answer)

        at.page.route("**/signup", lose_three)
        at.sign_up("fern", number)
        expect(at.page.get_by_role("alert")).to_contain_text("No answer came.", timeout=20_000)
        at.page.locator("#signup").get_by_role("button", name="Text me a code").click()
        at.has_texts(number, 1)
        claim(len(keys) == 4 and len(set(keys)) == 1, f"the keys were {keys}")
        at.type_code(service.code(number))
        at.is_verified("fern")


def problems_stand_at_their_fields(browser: Browser, service: Local) -> None:
    with visit(browser, service) as at:
        at.page.get_by_label("Password").fill("abc")
        at.sign_up("x", "12")
        for field in ("username", "mobileNo", "password"):
            expect(at.page.locator(f"#{field}-problem")).not_to_be_empty()
            expect(at.page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
        expect(at.page.locator("#name-problem")).to_be_empty()
        expect(at.page.get_by_label("Username")).to_be_focused()


def a_text_from_right_to_left_is_shown_so_and_its_code_fills_in(browser: Browser, service: Local) -> None:
    number = "+12025550107"
    with visit(browser, service) as at:
        at.page.get_by_label("Language").select_option("ar")
        at.sign_up("gale", number)
        at.has_texts(number, 1)
        bubble = at.page.locator(".bubble").last
        direction = bubble.evaluate("bubble => getComputedStyle(bubble).direction")
        claim(direction == "rtl", f"Arabic is read {direction}")
        expect(bubble).to_have_attribute("lang", "ar")
        expect(at.page.locator(".facts").last).to_contain_text("UCS-2 · ar")
        bubble.get_by_role("button").click()
        at.is_verified("gale")


def a_code_bound_to_the_page_is_offered_and_one_for_an_app_is_not(browser: Browser, service: Local) -> None:
    number = "+12025550108"
    with visit(browser, service) as at:
        at.page.get_by_label("Client").select_option("android")
        at.sign_up("hope", number)
        at.has_texts(number, 1)
        offer = at.page.get_by_role("button", name="From Messages")
        expect(offer).to_be_hidden()
        at.page.get_by_label("Client").select_option("web")
        at.scene("Past the cooldown")
        at.resend()
        at.has_texts(number, 2)
        offer.click()
        at.is_verified("hope")


def a_code_that_is_faster_than_the_answer_is_not_lost(browser: Browser, service: Local) -> None:
    number = "+12025550114"
    with visit(browser, service) as at:
        at.sign_up("kate", number)
        at.has_texts(number, 1)
        held = []
        at.page.route("**/resend", lambda route: held.append((route, route.fetch())))
        at.scene("Past the cooldown")
        first = service.code(number)
        at.resend()
        offer = at.page.get_by_role("button", name="From Messages")
        expect(offer).not_to_contain_text(first)
        offer.click()
        expect(at.page.locator("#otp")).to_have_value(service.code(number))
        route, answer = held.pop()
        route.fulfill(response=answer)
        at.is_verified("kate")


def a_pasted_text_yields_its_code(browser: Browser, service: Local) -> None:
    number = "+12025550109"
    with visit(browser, service) as at:
        at.sign_up("iris", number)
        at.has_texts(number, 1)
        text = service.texts(number)[0]["text"]
        at.page.locator("#otp").fill(f"10 {text}")
        at.is_verified("iris")


def screens(browser: Browser, service: Local, number: str, **context) -> Iterator[tuple[str, Visit]]:
    """Each screen in turn, with what is wrong on it and without."""
    name = f"user{number[-2:]}"
    with visit(browser, service, **context) as at:
        yield "sign-up", at
        at.page.get_by_label("Password").fill("abc")
        at.sign_up("x", "12")
        expect(at.page.locator("#password-problem")).not_to_be_empty()
        yield "sign-up with problems", at
        at.page.get_by_label("Password").fill("a quiet harbour at dawn")
        at.page.get_by_label("Language").select_option("hi")
        at.sign_up(name, number)
        at.has_texts(number, 1)
        yield "code", at
        at.type_code(wrong(service.code(number)))
        at.problem("4 tries are left")
        yield "code with a problem", at
        at.type_code(service.code(number))
        at.is_verified(name)
        yield "verified", at
        at.page.get_by_role("button", name="Sign in again").click()
        expect(at.page.get_by_role("heading", name="Sign in")).to_be_focused()
        yield "sign-in", at


def nothing_keeps_anybody_from_using_it(browser: Browser, service: Local) -> None:
    for scheme, number in zip(SCHEMES, ("+12025550110", "+12025550111"), strict=True):
        # Colours are judged as they are when nothing moves.
        for screen, at in screens(browser, service, number, color_scheme=scheme, reduced_motion="reduce"):
            found = Axe().run(at.page).response["violations"]
            words = [f"{rule['id']} at {node['target']}" for rule in found for node in rule["nodes"]]
            claim(not words, f"{screen}, {scheme}: " + "; ".join(words))


def nothing_is_wider_than_a_small_phone(browser: Browser, service: Local) -> None:
    for screen, at in screens(browser, service, "+12025550112", viewport=NARROW, reduced_motion="reduce"):
        width = at.page.evaluate("document.documentElement.scrollWidth")
        claim(width <= NARROW["width"], f"{screen} is {width} px wide")


def it_works_over_plain_http_from_another_machine(browser: Browser, service: Local) -> None:
    number = "+12025550118"
    # What a browser gives to secure contexts alone.
    missing = "delete Crypto.prototype.randomUUID; delete Navigator.prototype.clipboard; delete window.OTPCredential;"
    with visit(browser, service, missing) as at:
        at.sign_up("nora", number)
        at.has_texts(number, 1)
        at.type_code(service.code(number))
        at.is_verified("nora")
        at.page.get_by_role("button", name="Copy: Request").first.click()
        expect(at.page.get_by_text("Not allowed")).to_be_visible()


def the_page_is_attested_where_an_app_must_be(browser: Browser) -> None:
    number = "+12025550119"
    gate = {"APP_CHECK_PROJECT_NUMBER": "123456789", "APP_CHECK_MODE": "require"}
    with local(**SETTINGS, **gate) as service, visit(browser, service) as at:
        at.sign_up("iris", number)
        at.has_texts(number, 1)
        at.type_code(service.code(number))
        at.is_verified("iris")


def the_page_is_small(browser: Browser, service: Local) -> None:
    sizes = {}
    with visit(browser, service) as at:
        at.page.on("response", lambda answer: sizes.update({answer.url: answer}))
        at.page.reload()
        at.page.locator("html[data-ready]").wait_for()
        files = [answer for url, answer in sizes.items() if not url.endswith(("/state", "/texts"))]
        size = sum(len(answer.body()) for answer in files)
        claim(len(files) > 10 and size < LARGEST, f"{len(files)} files have {size} bytes")
        print(f"  {len(files)} files, {size} bytes")


CLAIMS = (
    somebody_is_verified_with_the_keys_alone,
    a_verified_name_is_taken_and_signs_in,
    a_wrong_code_costs_a_try_and_the_field_says_so,
    a_resend_waits_for_the_cooldown_and_the_newest_code_counts,
    an_expired_code_is_said_to_be_and_another_is_sent,
    an_outage_is_said_and_ends,
    an_account_that_is_not_verified_is_not_asked_for_by_a_forgotten_id,
    lost_answers_are_asked_for_again_with_the_same_key,
    problems_stand_at_their_fields,
    a_text_from_right_to_left_is_shown_so_and_its_code_fills_in,
    a_code_bound_to_the_page_is_offered_and_one_for_an_app_is_not,
    a_code_that_is_faster_than_the_answer_is_not_lost,
    a_pasted_text_yields_its_code,
    nothing_keeps_anybody_from_using_it,
    nothing_is_wider_than_a_small_phone,
    it_works_over_plain_http_from_another_machine,
    the_page_is_small,
)


def take_pictures(browser: Browser, folder: Path) -> None:
    """The page with a text that has just arrived, light and dark."""
    number = "+12025550143"
    for scheme in SCHEMES:
        view = {"viewport": {"width": 1200, "height": 800}, "color_scheme": scheme, "reduced_motion": "reduce"}
        with local(**SETTINGS) as service, visit(browser, service, **view) as at:
            at.sign_up("ada", number)
            at.has_texts(number, 1)
            at.page.get_by_role("button", name="From Messages").wait_for()
            at.page.screenshot(path=folder / f"page-{scheme}.png")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="take pictures, and claim nothing")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if arguments.pictures:
            take_pictures(browser, arguments.pictures)
            return 0
        with local(**SETTINGS) as service:
            for claimed in CLAIMS:
                print(claimed.__name__.replace("_", " "), flush=True)
                claimed(browser, service)
        print("the page is attested where an app must be", flush=True)
        the_page_is_attested_where_an_app_must_be(browser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
