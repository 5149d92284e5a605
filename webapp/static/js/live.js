// The live page. The socket is a hint, never the record: after a reconnect, or a minute hidden, the page asks again.
import { bring, isLifting, takeAway } from "./board.js"
import { raise, showPrompts } from "./toasts.js"
import { parse } from "./toasts.js"
import { setClock, tick } from "./fuse.js"

const body = document.body
const lamp = document.querySelector(".live")
const board = document.querySelector("[data-board]")
const isFiltered = () => board && board.getAttribute("hx-get") !== "/"
let wasGreeted = false
let seq = Number(body.dataset.seq), wait = 500, hiddenAt = 0, wasOpen = false, polling = null, waitingRefresh = null, line = null

const heard = {
  card({ deal, html }) {
    if (board) isFiltered() ? refreshSoon() : bring(html)
    refresh(`[data-sheet-of="${deal}"]`)
    tick()
  },
  gone({ deal }) {
    takeAway(deal)
  },
  head({ stage, html }) {
    const old = document.getElementById(`head-${stage}`)
    if (old && !isFiltered()) old.replaceWith(parse(html))
  },
  task({ task, deal }) {
    refresh(`#deal-sheet [data-task="${task}"]`, "#deal-sheet")
    if (deal) refresh(`[data-sheet-of="${deal}"]`)
    refresh(`#task-${task}[hx-get]`)
    refresh('[data-refreshes="tasks"]')
  },
  frame({ now, seq: latest, unread, tasks, clients, toasts, prompts }) {
    seq = Math.max(seq, latest)
    if (now) setClock(now)
    count("unread", unread, true)
    count("tasks", tasks, true)
    count("clients", clients, false)
    toasts.forEach(raise)
    showPrompts(prompts)
    title(unread + tasks)
    if (toasts.length) refresh('[data-refreshes="inbox"]')
  },
  trouble({ html }) {
    document.querySelector("#trouble").innerHTML = html
  },
  // Between the rendering of this page and its socket something changed: ask again.
  since({ at }) {
    if (at >= Number(body.dataset.now) && !wasGreeted) catchUp()
    wasGreeted = true
  },
  resync: catchUp,
}

function count(name, n, urgent) {
  const place = document.querySelector(`#count-${name}`)
  const badge = document.createElement("span")
  badge.className = urgent ? "count now num" : "count num"
  badge.textContent = n
  place.replaceChildren(...(n ? [badge] : []))
}

function title(n) {
  document.title = (n ? `(${n}) ` : "") + document.title.replace(/^\(\d+\) /, "")
}

function refresh(selector, within) {
  const found = document.querySelector(selector)
  const target = found && within ? found.closest(within) : found
  if (target?.hasAttribute("hx-get")) window.htmx.trigger(target, "refresh")
}

function refreshSoon() {
  clearTimeout(waitingRefresh)
  waitingRefresh = setTimeout(() => (isLifting ? refreshSoon() : refresh("[data-board]")), 300)
}

function catchUp() {
  if (board) refreshSoon()
  refresh("#deal-sheet")
  refresh("#inbox")
  refresh("#tasks")
}

function light(on) {
  lamp.dataset.live = on ? "on" : "off"
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws"
  const socket = (line = new WebSocket(`${scheme}://${location.host}/live?seq=${seq}`))
  let opened = false
  socket.onopen = () => {
    opened = true
    wait = 500
    light(true)
    clearInterval(polling)
    polling = null
    if (wasOpen) catchUp()
    wasOpen = true
  }
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    heard[message.kind]?.(message)
  }
  socket.onclose = ({ code }) => {
    light(false)
    if (code === 4401) return location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`)
    if (!opened && !polling) polling = setInterval(poll, 15000)
    setTimeout(connect, code === 1012 ? 200 + Math.random() * 800 : wait * (0.5 + Math.random()))
    wait = Math.min(wait * 2, 15000)
  }
}

// Without a socket the page still hears, only later.
function poll() {
  if (document.hidden) return
  window.htmx.ajax("GET", `/frame?seq=${seq}`, { target: "#toasts", swap: "none" }).then(() => {
    for (const toast of document.querySelectorAll("#toasts [data-toast]")) seq = Math.max(seq, Number(toast.dataset.toast) || 0)
  }).catch(() => {})
  catchUp()
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now()
  else if (hiddenAt && Date.now() - hiddenAt > 60000) catchUp()
})
window.addEventListener("offline", () => light(false))
window.addEventListener("online", () => line?.readyState === WebSocket.OPEN && (light(true), catchUp()))
window.addEventListener("pageshow", (event) => event.persisted && catchUp())
title(Number(document.querySelector("#count-unread")?.textContent || 0) + Number(document.querySelector("#count-tasks")?.textContent || 0))
connect()
