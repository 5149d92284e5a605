// A list is narrowed to what has all the words that are typed, whatever comes into it meanwhile.
const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ")

function sift(box) {
  const wanted = plain(box.querySelector("input").value).trim().split(" ").filter(Boolean)
  let left = 0
  for (const each of document.querySelectorAll(`${box.dataset.sift} ${box.dataset.among}`)) {
    const words = plain(`${each.textContent} ${each.getAttribute("aria-label") ?? ""}`)
    each.hidden = !wanted.every((word) => words.includes(word))
    left += !each.hidden
  }
  const told = box.querySelector("[data-sifted]")
  told.textContent = !wanted.length ? "" : left || told.dataset.none
}

const again = () => document.querySelectorAll("[data-sift]").forEach(sift)
document.addEventListener("input", ({ target }) => {
  const box = target.closest("[data-sift]")
  if (box) sift(box)
})
document.addEventListener("htmx:after:swap", again)
for (const box of document.querySelectorAll("[data-sift]")) box.hidden = false
again()
