// What is cut off on a card is read whole by resting on it: the browser's own small words tell all of it.
const PARTS = ".t, .who, .tag, .fuse > span, .next > span"
const isCut = (each) => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 2

document.addEventListener("pointerover", ({ target }) => {
  const link = target.closest?.(".card")?.querySelector(".t a")
  if (!link || link !== target.closest("a")) return
  const whole = [...link.closest(".card").querySelectorAll(PARTS)].filter(isCut).map((each) => each.innerText.trim())
  link.title = whole.join("\n")
})
