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
}

const shown = (name) => Number(document.querySelector(`#count-${name}`)?.textContent || 0)
title(shown("unread") + shown("tasks"))
