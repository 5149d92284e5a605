// The web form in a foreign frame: says how high it is, and is sent once however often the button is pressed.
const main = document.querySelector("main")

if (window.parent !== window) {
  document.body.classList.add("framed")
  const tell = () => window.parent.postMessage({ dozor: "height", height: document.body.scrollHeight }, "*")
  new ResizeObserver(tell).observe(main)
}

document.querySelector("[data-inquiry]")?.addEventListener("submit", ({ target }) => {
  const button = target.querySelector("button")
  button.disabled = true
  // Back again by the browser's Back.
  window.addEventListener("pageshow", () => { button.disabled = false }, { once: true })
})
