// Tasks as rows of plain values: one element however many there are. It draws what it is given and says what was done.
// "toggle" and "open" name a task, "pick" a task and the line of its menu, "more" asks for further rows. "move" names a task and the
// data-drop of what it was let go over; rows are dragged by their grip, or by a finger anywhere on them after a moment. "place" names
// a task, another one of this list, and on which side of that it was let go (or sent by Alt with an arrow).
// Its one menu is the shell's own kind (drawn_menu.js), which every page has loaded.
const START = 4, HOLD = 350, EDGE = 48, SETTLED = 1500, SCREEN = 24, PAINTED = 60;
const scrollerOf = (at) => (!at ? document.scrollingElement : at.scrollHeight > at.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(at).overflowY) ? at : scrollerOf(at.parentElement));

export default {
  props: { rows: Array, menus: Object, more: String, words: Object, sprite: String, choosable: Boolean, movable: Boolean },
  emits: ["toggle", "open", "pick", "more", "choose", "move", "place"],
  template: `
<div class="mc-task-list" :class="{'mc-movable': movable}" @keydown="keys">
  <div v-for="row in drawn" :key="row.id" v-memo="[row, chosen.has(row.id), leaving.has(row.id), others, held === row.id]" class="mc-item mc-task-row" :class="{'mc-chosen': chosen.has(row.id), 'mc-leaving': leaving.has(row.id), 'mc-held': held === row.id}"
    :data-id="row.id" :aria-selected="chosen.has(row.id) ? 'true' : null" @click.capture="pressed(row, $event)" @pointerdown="press(row, $event)">
    <span v-if="movable && row.editable && !row.done" class="mc-grip" aria-hidden="true" :title="words.move"><i class="q-icon"><svg viewBox="0 0 24 24"><use :href="sprite + '#grip-vertical'"></use></svg></i></span>
    <button type="button" role="checkbox" :class="'mc-done mc-' + row.priority" :aria-checked="String(row.done !== leaving.has(row.id))" :aria-label="row.check" :disabled="!row.editable"
      @click="toggle(row)"><i class="q-icon mc-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#check'"></use></svg></i></button>
    <button type="button" class="mc-task-title mc-truncate" :title="row.title" @click="$emit('open', row.id)"><span :class="{'mc-struck': row.done || leaving.has(row.id)}">{{ row.title }}</span></button>
    <span v-if="row.timing" class="mc-task-mark mc-timing" :class="row.timing_mine" role="img" :aria-label="row.timing" :title="row.timing"><i class="q-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#timer'"></use></svg></i></span>
    <span v-if="row.steps" class="mc-task-mark mc-cap mc-num" role="img" :aria-label="row.steps_said" :title="row.steps_said"><i class="q-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#list-checks'"></use></svg></i>{{ row.steps }}</span>
    <span v-if="row.again" class="mc-task-mark mc-cap" role="img" :aria-label="row.again" :title="row.again"><i class="q-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#repeat'"></use></svg></i></span>
    <span class="mc-grow"></span>
    <a v-if="row.project" class="mc-task-project mc-truncate mc-desk-only" :href="row.project_href" :title="row.project">{{ row.project }}</a>
    <a v-if="row.href" class="mc-row mc-task-who mc-plain-link" :href="row.href" :title="row.who" :aria-label="row.who">
      <span :class="'mc-avatar mc-s20 mc-hue-' + row.hue" aria-hidden="true"><span>{{ row.initials }}</span></span>
      <span class="mc-truncate mc-desk-only mc-ink-2">{{ row.who + row.others }}</span></a>
    <span v-else-if="row.project" class="mc-task-who mc-desk-only"></span>
    <span v-if="row.doer" :class="'mc-avatar mc-s20 mc-hue-' + row.doer_hue" role="img" :aria-label="row.doer" :title="row.doer">{{ row.doer_initials }}</span>
    <span v-else class="mc-task-doer" :class="{'mc-kept': others}"></span>
    <span class="mc-task-due mc-cap mc-num" :class="{'mc-overdue': row.late}"><span v-if="row.late" class="mc-visually-hidden">{{ words.late }}</span><span>{{ row.due }}</span></span>
    <span v-if="row.menu" class="mc-reveal"><button type="button" class="mc-btn mc-ghost mc-h24 mc-square" aria-haspopup="menu" :aria-label="words.more" :title="words.more"
      @click="unfold(row, $event)"><i class="q-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#ellipsis'"></use></svg></i></button></span>
  </div>
  <button v-if="more" type="button" class="mc-btn mc-ghost mc-h28" @click="$emit('more')">{{ more }}</button>
  <component :is="'nicegui-drawn_menu'" v-if="menu" ref="menu" :key="menu.id" no-parent-event :target="menu.at" :items="menus[menu.kind]" @pick="$emit('pick', [menu.id, $event])"></component>
</div>`,
  data() {
    return { menu: null, chosen: new Set(), leaving: new Set(), from: null, held: null, all: false };
  },
  computed: {
    list() {
      return Vue.toRaw(this.rows);
    },
    // What a screen holds stands at once, the rest a moment later: a page of sixty tasks does not wait for the forty below its edge.
    drawn() {
      return this.all ? this.list : this.list.slice(0, SCREEN);
    },
    others() {
      // Where somebody else does one of the tasks, all rows keep a place for a face, so that names stand under each other.
      return this.list.some((row) => row.doer);
    },
  },
  watch: {
    rows(_now, before) {
      this.leaving = new Set();
      if (!this.ghost) this.held = null;
      const here = new Set(this.list.map((row) => row.id));
      this.keepFocus(Vue.toRaw(before), here);
      const kept = [...this.chosen].filter((id) => here.has(id));
      if (kept.length !== this.chosen.size) this.select(kept);
    },
  },
  mounted() {
    setTimeout(() => { this.all = true; }, PAINTED);
    // J and K walk through all lists of the page; the first of them listens.
    this.walk = (e) => {
      const step = { j: 1, k: -1 }[e.key];
      if (!step || e.ctrlKey || e.metaKey || e.altKey || document.querySelector(".q-dialog[aria-modal=true], .q-menu") || document.querySelector(".mc-task-list") !== this.$el) return;
      const at = document.activeElement;
      if (at && (at.matches("input, textarea, select") || at.isContentEditable)) return;
      e.preventDefault();
      this.step(step);
    };
    document.addEventListener("keydown", this.walk);
    // A finger that drags must not scroll the page; only a listener that may prevent it can stop that.
    this.still = (e) => { if (this.ghost) e.preventDefault(); };
    if (this.movable) document.addEventListener("touchmove", this.still, { passive: false });
  },
  unmounted() {
    document.removeEventListener("touchmove", this.still);
    this.drop(false);
    document.removeEventListener("keydown", this.walk);
  },
  methods: {
    toggle(row) {
      // What was ticked stays a moment as done; the server's answer then draws the list anew.
      this.leaving = new Set([...this.leaving, row.id]);
      this.$emit("toggle", row.id);
    },
    step(by) {
      const all = [...document.querySelectorAll(".mc-task-list .mc-task-title")];
      const here = all.indexOf(document.activeElement?.closest?.(".mc-task-row")?.querySelector(".mc-task-title"));
      const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, here + by))];
      next?.focus();
      return next;
    },
    keys(e) {
      const id = e.target.closest(".mc-task-row")?.dataset.id;
      if (!id || e.ctrlKey || e.metaKey || e.target.matches("input, textarea")) return;
      const row = this.list.find((one) => one.id === id), by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (e.altKey && !(by && this.movable)) return;
      if (e.altKey) {
        const beside = this.list[this.list.indexOf(row) + by];
        if (beside && row.editable && !row.done) this.$emit("place", { id, beside: beside.id, after: by > 0 });
      } else if (by) {
        const next = this.step(by)?.closest(".mc-task-row");
        if (e.shiftKey && this.choosable && next && this.$el.contains(next)) this.select([...this.chosen, id, next.dataset.id]);
      } else if (e.key === "x" && this.choosable) this.flip(id);
      else if (e.key === "e" && row.editable) this.toggle(row);
      else if (e.key === "." && row.menu) this.unfold(row, { currentTarget: e.target.closest(".mc-task-row").querySelector("[aria-haspopup=menu]") });
      else return;
      e.preventDefault();
      e.stopPropagation();
    },
    pressed(row, e) {
      if (this.dragged) { e.preventDefault(); e.stopPropagation(); return; }
      if (!this.choosable || !(e.ctrlKey || e.metaKey || e.shiftKey)) return;
      e.preventDefault();
      e.stopPropagation();
      const ids = this.list.map((one) => one.id), a = ids.indexOf(this.from), b = ids.indexOf(row.id);
      if (e.shiftKey && a >= 0) this.select([...this.chosen, ...ids.slice(Math.min(a, b), Math.max(a, b) + 1)]);
      else this.flip(row.id);
    },
    flip(id) {
      this.from = id;
      this.select(this.chosen.has(id) ? [...this.chosen].filter((one) => one !== id) : [...this.chosen, id]);
    },
    // Where the focus was on a row that goes, it goes to the one that takes its place; with one that stands elsewhere now it stays.
    keepFocus(before, here) {
      const at = document.activeElement, held = at?.closest?.(".mc-task-row");
      if (!held || !this.$el.contains(held)) return;
      if (here.has(held.dataset.id)) { this.$nextTick(() => { if (document.activeElement !== at) at.focus({ preventScroll: true }); }); return; }
      const gone = before.findIndex((row) => row.id === held.dataset.id);
      this.$nextTick(() => {
        const titles = [...this.$el.querySelectorAll(".mc-task-title")];
        titles[Math.min(gone, titles.length - 1)]?.focus();
      });
    },
    select(ids) {
      this.chosen = new Set(ids);
      this.$emit("choose", [...this.chosen]);
    },
    forget() {
      this.chosen = new Set();
    },

    // Dragging. What is held is known by its id: the rows may be drawn anew meanwhile.
    press(row, e) {
      this.dragged = false;
      const touch = e.pointerType === "touch", far = (at) => Math.hypot(at.clientX - e.clientX, at.clientY - e.clientY) > START;
      if (!e.isPrimary || !this.movable || !row.editable || row.done || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey) return;
      if (touch ? e.target.closest("a, .mc-done, .mc-reveal") : !e.target.closest(".mc-grip")) return;
      if (this.list.length < 2 && ![...document.querySelectorAll("[data-drop]")].some((one) => !one.contains(this.$el))) return;
      this.stop?.();
      const box = e.currentTarget, heard = {
        pointermove: (at) => { if (this.ghost) this.aim(at); else if (far(at)) touch ? this.drop(false) : this.lift(row, box, at); },
        pointerup: () => this.drop(true), pointercancel: () => this.drop(false),
        keydown: (key) => { if (key.key === "Escape" && this.ghost) { key.preventDefault(); key.stopPropagation(); this.drop(false); } },
        contextmenu: (at) => { if (touch) at.preventDefault(); },
      };
      const timer = touch ? setTimeout(() => this.lift(row, box, e), HOLD) : 0;
      for (const [name, listen] of Object.entries(heard)) document.addEventListener(name, listen, true);
      box.addEventListener("touchmove", this.still, { passive: false });  // also when the row goes from under the finger
      this.stop = () => {
        clearTimeout(timer);
        for (const [name, listen] of Object.entries(heard)) document.removeEventListener(name, listen, true);
        box.removeEventListener("touchmove", this.still);
      };
    },
    lift(row, box, at) {
      const place = box.getBoundingClientRect();
      this.ghost = document.createElement("div");
      this.ghost.className = "mc-tasks mc-task-ghost mc-board-ghost";
      this.ghost.setAttribute("aria-hidden", "true");
      this.ghost.append(box.cloneNode(true));
      Object.assign(this.ghost.style, { left: place.left + "px", top: place.top + "px", maxWidth: place.width + "px" });
      document.body.append(this.ghost);
      this.grip = { x: at.clientX, y: at.clientY };
      this.dragged = true;
      this.held = row.id;
      this.steadily(() => document.body.classList.add("mc-dragging"));
      this.aim(at);
      this.scrollNearEdge();
    },
    // While one is held empty parts appear, too: what is under the pointer stays there.
    steadily(change) {
      const before = this.$el.getBoundingClientRect().top;
      change();
      const moved = this.$el.getBoundingClientRect().top - before;
      if (moved) scrollerOf(this.$el).scrollTop += moved;
    },
    aim(at) {
      this.point = { clientX: at.clientX, clientY: at.clientY };
      this.ghost.style.transform = `translate(${at.clientX - this.grip.x}px, ${at.clientY - this.grip.y}px)`;
      const hit = document.elementFromPoint(at.clientX, at.clientY), under = hit?.closest?.("[data-drop]"), row = hit?.closest?.(".mc-task-row");
      this.over?.classList.remove("mc-over");
      this.over = under && !under.contains(this.$el) ? under : null;
      this.over?.classList.add("mc-over");
      // In its own list a line shows where it would stand: among those of its day.
      this.unmark();
      const there = row && this.$el.contains(row) && this.list.find((one) => one.id === row.dataset.id), held = this.list.find((one) => one.id === this.held);
      if (!there || !held || there === held || there.done || there.day !== held.day) return;
      const box = row.getBoundingClientRect();
      this.slot = { row, after: at.clientY > box.top + box.height / 2 };
      row.classList.add(this.slot.after ? "mc-put-after" : "mc-put-before");
    },
    unmark() {
      this.slot?.row.classList.remove("mc-put-after", "mc-put-before");
      this.slot = null;
    },
    scrollNearEdge() {
      if (!this.ghost) return;
      const all = scrollerOf(this.$el), frame = all === document.scrollingElement ? { top: 0, bottom: innerHeight } : all.getBoundingClientRect();
      const by = this.point.clientY > frame.bottom - EDGE ? 9 : this.point.clientY < frame.top + EDGE ? -9 : 0;
      if (by) { all.scrollTop += by; this.aim(this.point); }
      requestAnimationFrame(() => this.scrollNearEdge());
    },
    drop(done) {
      this.stop?.();
      if (!this.ghost) return;
      const id = this.held, to = done && this.over?.dataset.drop, slot = done && !to && this.slot;
      this.unmark();
      this.over?.classList.remove("mc-over");
      this.ghost.remove();
      this.ghost = this.over = null;
      this.steadily(() => document.body.classList.remove("mc-dragging"));
      setTimeout(() => { this.dragged = false; }, 250);  // a finger's click comes a little after it was lifted
      if (!to && !slot) { this.held = null; return; }
      if (to) this.$emit("move", { id, to });
      else this.$emit("place", { id, beside: slot.row.dataset.id, after: slot.after });
      setTimeout(() => { if (!this.ghost && this.held === id) this.held = null; }, SETTLED);
    },
    async unfold(row, event) {
      this.menu = { id: row.id, kind: row.menu, at: event.currentTarget };
      await this.$nextTick();
      this.$refs.menu.$refs.qRef.show(event);
    },
  },
};
