// Numbers beside the words of the bar, and in the title of the tab.
export function count(name, n, urgent) {
  const place = document.querySelector(`#count-${name}`)
  const badge = document.createElement("span")
  badge.className = urgent ? "count now num" : "count num"
  badge.textContent = n
  place.replaceChildren(...(n ? [badge] : []))
}

export function title(n) {
  document.title = (n ? `(${n}) ` : "") + document.title.replace(/^\(\d+\) /, "")
  badge(n)
}

// A tab among many shows its sign alone: the number stands on it.
const sign = document.querySelector("link[rel=icon]")
const plain = sign?.href
const SIZE = 64

async function badge(n) {
  if (!sign || (!n && sign.href === plain)) return
  sign.dataset.count = n
  if (!n) return Object.assign(sign, { type: "image/svg+xml", href: plain })
  const mark = Object.assign(new Image(SIZE, SIZE), { src: plain })
  const isThere = await mark.decode().then(() => true, () => false)
  if (!isThere || sign.dataset.count !== String(n)) return // another number came meanwhile
  const canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE })
  const pen = canvas.getContext("2d")
  pen.drawImage(mark, 0, 0, SIZE, SIZE)
  pen.fillStyle = "#d92d20"
  pen.beginPath()
  pen.arc(42, 42, 22, 0, 2 * Math.PI)
  pen.fill()
  Object.assign(pen, { fillStyle: "#fff", font: "700 30px sans-serif", textAlign: "center", textBaseline: "middle" })
  pen.fillText(n > 9 ? "9+" : n, 42, 44)
  Object.assign(sign, { type: "image/png", href: canvas.toDataURL() })
}

const shown = (name) => Number(document.querySelector(`#count-${name}`)?.textContent || 0)
title(shown("unread") + shown("tasks"))
