// The live page. The socket is a hint, never the record: after a reconnect, or a minute hidden, the page asks again.
import { bring, fold, isBusy, isFiltered, takeAway } from "./board.js"
import { parse, raise, showPrompts } from "./toasts.js"
import { setClock, tick } from "./fuse.js"

const body = document.body
const lamp = document.querySelector(".live")
const board = document.querySelector("[data-board]")
let wasGreeted = false
let socket = null
let meanwhile = null // what is heard while a whole board is on its way: it may be older than that, and is swapped later
let seq = Number(body.dataset.seq), wait = 500, hiddenAt = 0, polling = null, waitingRefresh = null

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
    if (!old || isFiltered()) return
    const focus = old.querySelector(":focus")?.className
    const fresh = parse(html)
    old.replaceWith(fresh)
    fold()
    if (focus) fresh.querySelector(`.${focus}`)?.focus({ preventScroll: true })
  },
  total({ pipeline, html }) {
    const old = document.getElementById(`total-${pipeline}`)
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
  // The first word of every socket. From here on nothing is missed; what changed since the page was read is asked for.
  since({ at }) {
    if (wasGreeted || at >= Number(body.dataset.now)) catchUp()
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
  waitingRefresh = setTimeout(() => (isBusy() ? refreshSoon() : refresh("[data-board]")), 300)
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
  const mine = socket = new WebSocket(`${scheme}://${location.host}/live?seq=${seq}`)
  let opened = false
  mine.onopen = () => {
    opened = true
    wait = 500
    light(true)
    clearInterval(polling)
    polling = null
  }
  mine.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    heard[message.kind]?.(message)
    if (["card", "gone", "head", "total"].includes(message.kind)) meanwhile?.push(message)
  }
  mine.onclose = ({ code }) => {
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

document.addEventListener("dozor:ask-again", refreshSoon)
// Slept, or the network was changed: a socket that looks open may be a dead one.
const anew = () => socket.readyState === WebSocket.OPEN && socket.close()
document.addEventListener("dozor:clock", anew)
window.addEventListener("online", anew)
window.addEventListener("offline", () => light(false))
// A refresh brings as much of a column as was there, or what somebody scrolled to would go away.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (!board || ctx.sourceElement !== board || ctx.request.method !== "GET") return
  meanwhile = []
  for (const column of board.querySelectorAll("[data-stage]")) {
    const many = column.querySelectorAll(".card").length
    if (column.querySelector(".more") || many > 30) ctx.request.body.append("loaded", `${column.dataset.stage}:${many}`)
  }
})

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!board || ctx.sourceElement !== board) return
  const again = meanwhile ?? []
  meanwhile = null
  for (const message of again) heard[message.kind](message)
})
document.addEventListener("htmx:error", ({ detail: { ctx } }) => { if (ctx?.sourceElement === board) meanwhile = null })

document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now()
  else if (hiddenAt && Date.now() - hiddenAt > 60000) catchUp()
})
window.addEventListener("pageshow", (event) => event.persisted && catchUp())
title(Number(document.querySelector("#count-unread")?.textContent || 0) + Number(document.querySelector("#count-tasks")?.textContent || 0))
connect()
