// A board of columns with cards: one element however many cards there are. It draws what it is given and says what was
// done; the server decides. Cards are dragged by mouse, or by a finger after a moment; the menu of a card does the same.
// "place" names a card, another one of its column, and on which side of that it was let go (or sent by Alt with an arrow).
const START = 5, HOLD = 350, EDGE = 56;

export default {
  template: `
    <div class="mc-board" ref="board" @keydown="walk">
      <section v-for="column in shown" :key="column.key" class="mc-board-column" :class="{'mc-over': over === column.key}" :data-key="column.key"
          :aria-label="column.title + ', ' + column.count">
        <header class="mc-board-head">
          <span :class="'mc-dot mc-hue-' + column.hue"></span>
          <h2 class="mc-section mc-truncate" :title="column.title">{{ column.title }}</h2><span class="mc-ink-3 mc-num">{{ column.count }}</span>
          <span class="mc-grow"></span>
          <button v-if="words.add" type="button" class="mc-board-button" :aria-label="words.add + ': ' + column.title" @click="$emit('add', column.key)">
            <q-icon name="lu-plus" aria-hidden="true"></q-icon></button>
        </header>
        <div class="mc-board-cards" @scroll.passive="scrolled(column, $event)">
          <div v-if="over === column.key && held && held.column !== column.key" class="mc-board-slot" :style="{height: held.height + 'px'}"></div>
          <div v-if="column.cards.length" class="mc-board-list" role="list" :aria-label="column.title">
          <div v-for="card in column.cards" :key="card.id" class="mc-board-card" :class="{'mc-held': held && held.id === card.id}" role="listitem"
              :data-id="card.id" :data-day="card.day" @pointerdown="press(card, column, $event)" @click.capture="clicked" @click="pick(card, $event)">
            <template v-if="card.task">
              <div class="mc-row mc-gap-6 mc-cap"><span v-if="card.dot" :class="'mc-dot mc-hue-' + card.dot"></span><span class="mc-truncate">{{ card.project }}</span>
                <span class="mc-grow"></span>
                <button type="button" class="mc-board-button mc-board-more" :id="root + '-' + card.id" :aria-label="words.menu + ' ' + card.title"
                  aria-haspopup="menu" @click="$emit('menu', {id: card.id, column: column.key, at: '#' + root + '-' + card.id})"><q-icon name="lu-ellipsis" aria-hidden="true"></q-icon></button></div>
              <button type="button" class="mc-row-link mc-board-title" :class="{'mc-struck': card.done}" @click="$emit('pick', {id: card.id, column: column.key})">{{ card.title }}</button>
              <div class="mc-row mc-gap-8 mc-cap mc-num mc-board-foot">
                <span v-if="card.assistant" class="mc-pill mc-ai">{{ card.assistant }}</span>
                <span v-if="card.when" class="mc-none" :class="{'mc-overdue': card.late}"><span v-if="card.late" class="mc-visually-hidden">{{ words.late }}</span>{{ card.when }}</span>
                <span v-if="card.timing" class="mc-none mc-timing" :class="card.timing_mine" role="img" :aria-label="card.timing" :title="card.timing"><q-icon name="lu-timer" aria-hidden="true"></q-icon></span>
                <span v-if="card.steps" class="mc-row mc-gap-4 mc-none"><q-icon name="lu-list-checks" aria-hidden="true"></q-icon>{{ card.steps }}</span>
                <span v-if="card.again" role="img" :aria-label="card.again" :title="card.again"><q-icon name="lu-repeat" aria-hidden="true"></q-icon></span>
                <span v-if="card.priority" role="img" :aria-label="card.urgent" :title="card.urgent" :class="'mc-flag-' + card.priority"><q-icon name="lu-flag" aria-hidden="true"></q-icon></span>
                <span class="mc-grow"></span>
                <span v-if="card.who" :class="'mc-avatar mc-s20 mc-hue-' + card.hue" role="img" :aria-label="card.who" :title="card.who"><span>{{ card.initials }}</span></span></div>
            </template><template v-else>
            <div class="mc-row mc-gap-8">
              <span :class="'mc-avatar mc-hue-' + card.hue" aria-hidden="true"><img v-if="card.photo" :src="card.photo" alt="" loading="lazy" draggable="false">
                <span v-else>{{ card.initials }}</span></span>
              <a class="mc-plain-link mc-row-link mc-strong mc-truncate" :href="card.href" :title="card.title" draggable="false">{{ card.title }}</a>
              <q-icon v-if="card.mark" :name="'lu-' + card.mark" :class="'mc-icon mc-cell-mark mc-mark-' + card.mark" aria-hidden="true"></q-icon>
              <span class="mc-grow"></span>
              <button type="button" class="mc-board-button mc-board-more" :id="root + '-' + card.id" :aria-label="words.menu + ' ' + card.title"
                aria-haspopup="menu" @click="$emit('menu', {id: card.id, column: column.key, at: '#' + root + '-' + card.id})"><q-icon name="lu-ellipsis" aria-hidden="true"></q-icon></button>
            </div>
            <div v-if="card.more" class="mc-cap mc-truncate" :title="card.more">{{ card.more }}</div>
            <div v-if="card.tags && card.tags.length" class="mc-row mc-gap-4 mc-board-tags" :title="card.all_tags"><span v-for="tag in card.tags" class="mc-tag mc-truncate"><span class="mc-tag-text">{{ tag }}</span></span>
              <span v-if="card.more_tags" class="mc-cap">{{ card.more_tags }}</span></div>
            <div class="mc-row mc-gap-6 mc-cap">
              <time v-if="card.at" :datetime="card.at" :title="card.exact" :class="'mc-num mc-none ' + (card.tone || '')">{{ card.when }}</time><span v-else class="mc-none">{{ card.when }}</span>
              <span v-if="card.next" class="mc-truncate" :title="card.next">· {{ card.next }}</span></div>
            </template>
          </div></div>
          <button v-if="column.more" type="button" class="mc-board-next" @click="more(column)">{{ words.more }}</button>
          <p v-if="!column.cards.length && !(over === column.key)" class="mc-board-none mc-cap">{{ words.none }}</p>
        </div>
      </section>
    </div>`,
  props: { columns: Array, words: Object, movable: Boolean, sortable: Boolean, root: String },
  emits: ["move", "menu", "more", "pick", "add", "place"],
  data() {
    return { moved: {}, grown: {}, over: null, held: null, asked: {} };
  },
  computed: {
    // What the server gave, with what was just moved already in its new place.
    shown() {
      const pending = Object.keys(this.moved);
      const all = this.columns.map((column) => ({ ...column, cards: [...column.cards, ...((this.grown[column.key] || {}).cards || [])], more: (this.grown[column.key] || column).more }));
      if (!pending.length) return all;
      const flying = {};
      for (const column of all) for (const card of column.cards) if (this.moved[card.id] && this.moved[card.id] !== column.key) flying[card.id] = card;
      return all.map((column) => ({
        ...column,
        cards: [...Object.values(flying).filter((card) => this.moved[card.id] === column.key), ...column.cards.filter((card) => !flying[card.id])],
      }));
    },
  },
  watch: {
    columns() {
      const at = document.activeElement;  // a card that stands elsewhere now keeps the focus that is in it
      if (this.$refs.board?.contains(at)) this.$nextTick(() => { if (at.isConnected && document.activeElement !== at) at.focus({ preventScroll: true }); });
      this.moved = {};
      this.grown = {};
      this.asked = {};
    },
  },
  mounted() {
    // A finger that drags must not scroll the page; only a listener that may prevent it can stop that.
    this.still = (e) => { if (this.held) e.preventDefault(); };
    this.keys = (e) => {
      if (!["j", "k"].includes(e.key) || e.ctrlKey || e.metaKey || e.altKey || !this.$refs.board?.offsetParent) return;
      const at = document.activeElement;
      if (document.querySelector(".q-dialog[aria-modal=true], .q-menu") || (at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable))) return;
      e.preventDefault();
      this.step(e.key === "j" ? 1 : -1);
    };
    document.addEventListener("touchmove", this.still, { passive: false });
    document.addEventListener("keydown", this.keys);
  },
  unmounted() {
    document.removeEventListener("touchmove", this.still);
    document.removeEventListener("keydown", this.keys);
    this.drop(false);
  },
  methods: {
    append(key, cards, more) {
      const grown = this.grown[key] || { cards: [] };
      this.grown = { ...this.grown, [key]: { cards: [...grown.cards, ...cards], more } };
      this.asked = { ...this.asked, [key]: false };
    },
    more(column) {
      if (this.asked[column.key]) return;
      this.asked = { ...this.asked, [column.key]: true };
      this.$emit("more", column.key);
    },
    scrolled(column, e) {
      if (column.more && e.target.scrollTop + e.target.clientHeight > e.target.scrollHeight - 300) this.more(column);
    },
    pick(card, e) {
      if (!e.target.closest("a, button")) this.$emit("pick", { id: card.id, column: e.target.closest("[data-key]").dataset.key });
    },
    clicked(e) {
      if (this.dragged) { e.preventDefault(); e.stopPropagation(); }
    },

    // Keys: up and down inside a column, left and right to the next one.
    links(column) { return [...column.querySelectorAll(".mc-row-link")]; },
    step(by) {
      const at = document.activeElement, column = at?.closest?.(".mc-board-column") || this.$refs.board.querySelector(".mc-board-column:has(.mc-row-link)");
      if (!column) return;
      const links = this.links(column), here = links.indexOf(at.closest?.(".mc-board-card")?.querySelector(".mc-row-link"));
      links[Math.min(links.length - 1, Math.max(0, here + by))]?.focus();
    },
    walk(e) {
      if (e.ctrlKey || e.metaKey || (e.altKey && !this.sortable)) return;
      const by = { ArrowDown: 1, ArrowUp: -1 }[e.key], side = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      const card = e.target.closest(".mc-board-card");
      if (!card || !(by || side) || (e.altKey && side)) return;
      e.preventDefault();
      if (e.altKey) {
        const all = [...card.closest(".mc-board-column").querySelectorAll(".mc-board-card")], beside = all[all.indexOf(card) + by];
        if (beside) this.$emit("place", { id: card.dataset.id, beside: beside.dataset.id, after: by > 0 });
        return;
      }
      if (by) return this.step(by);
      const columns = [...this.$refs.board.querySelectorAll(".mc-board-column")], here = card.closest(".mc-board-column");
      const row = this.links(here).indexOf(card.querySelector(".mc-row-link"));
      for (let next = columns.indexOf(here) + side; columns[next]; next += side) {
        const links = this.links(columns[next]);
        if (links.length) return links[Math.min(row, links.length - 1)].focus();
      }
    },

    // Dragging.
    press(card, column, e) {
      this.dragged = false;
      if (!e.isPrimary || !this.movable || e.button !== 0 || e.target.closest("button:not(.mc-row-link)")) return;
      this.stop?.();
      const box = e.currentTarget, start = { x: e.clientX, y: e.clientY }, touch = e.pointerType === "touch";
      const begin = (at) => this.lift(card, column, box, at);
      const move = (at) => {
        if (this.held) return this.drag(at);
        const far = Math.hypot(at.clientX - start.x, at.clientY - start.y) > START;
        if (far && touch) end(at);
        else if (far) begin(at);
      };
      const end = (at) => { stop(); this.drop(at.type === "pointerup"); };
      const escape = (key) => { if (key.key === "Escape" && this.held) { key.preventDefault(); key.stopPropagation(); stop(); this.drop(false); } };
      const menu = (at) => { if (touch) at.preventDefault(); };
      const timer = touch ? setTimeout(() => begin(e), HOLD) : 0;
      const stop = (this.stop = () => {
        clearTimeout(timer);
        document.removeEventListener("pointermove", move);
        document.removeEventListener("pointerup", end);
        document.removeEventListener("pointercancel", end);
        document.removeEventListener("keydown", escape, true);
        box.removeEventListener("contextmenu", menu);
      });
      document.addEventListener("pointermove", move);
      document.addEventListener("pointerup", end);
      document.addEventListener("pointercancel", end);
      document.addEventListener("keydown", escape, true);
      box.addEventListener("contextmenu", menu);
    },
    lift(card, column, box, at) {
      const place = box.getBoundingClientRect();
      this.ghost = box.cloneNode(true);
      this.ghost.classList.add("mc-board-ghost");
      this.ghost.setAttribute("aria-hidden", "true");
      Object.assign(this.ghost.style, { width: place.width + "px", left: place.left + "px", top: place.top + "px" });
      document.body.append(this.ghost);
      document.body.classList.add("mc-dragging");
      this.grip = { x: at.clientX, y: at.clientY };
      this.dragged = true;
      this.held = { id: card.id, column: column.key, height: place.height, day: box.dataset.day };
      this.drag(at);
    },
    drag(at) {
      this.ghost.style.transform = `translate(${at.clientX - this.grip.x}px, ${at.clientY - this.grip.y}px) rotate(1.6deg)`;
      const hit = document.elementFromPoint(at.clientX, at.clientY), under = hit?.closest?.(".mc-board-column"), card = hit?.closest?.(".mc-board-card");
      this.over = under && this.$refs.board.contains(under) ? under.dataset.key : null;
      this.unmark();
      if (this.sortable && this.over === this.held.column && card && card.dataset.id !== this.held.id && card.dataset.day === this.held.day) {  // a line shows where it would stand
        const box = card.getBoundingClientRect();
        this.slot = { card, after: at.clientY > box.top + box.height / 2 };
        card.classList.add(this.slot.after ? "mc-put-after" : "mc-put-before");
      }
      const board = this.$refs.board, frame = board.getBoundingClientRect();
      if (at.clientX > frame.right - EDGE) board.scrollLeft += 16;
      else if (at.clientX < frame.left + EDGE) board.scrollLeft -= 16;
    },
    unmark() {
      this.slot?.card.classList.remove("mc-put-after", "mc-put-before");
      this.slot = null;
    },
    drop(done) {
      this.stop?.();
      const held = this.held, to = this.over, slot = this.slot;
      this.unmark();
      this.ghost?.remove();
      document.body.classList.remove("mc-dragging");
      this.ghost = this.held = this.over = null;
      setTimeout(() => { this.dragged = false; }, 0);
      if (done && held && to === held.column && slot) this.$emit("place", { id: held.id, beside: slot.card.dataset.id, after: slot.after });
      if (!done || !held || !to || to === held.column) return;
      this.moved = { ...this.moved, [held.id]: to };
      this.$emit("move", { id: held.id, from: held.column, to });
    },
  },
};
