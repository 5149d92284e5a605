// What happened, for who hears the page: each word is said anew, though it be the same as before.
const says = document.querySelector("#says")

export function speak(text) {
  says.textContent = ""
  requestAnimationFrame(() => { says.textContent = text })
}
