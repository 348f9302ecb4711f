// Days of a month with what is due on each: one element however many tasks it shows. It draws what it is given and says what was
// done; the server decides. Tasks are dragged to another day by mouse, or by a finger after a moment; keys and a task's menu do the same.
// On a phone the month is small, and what is due stands day by day under it.
const START = 5, HOLD = 350, HEAD = 30, LINE = 24, NARROW = "(max-width: 767px)";

export default {
  template: `
    <div class="mc-month" ref="month" :style="{'--weeks': weeks.length}">
      <div class="mc-month-grid" :class="{'mc-small': narrow}" role="grid" :aria-label="title" @keydown="walk">
        <div class="mc-month-head" role="row"><div v-for="name in names" :key="name.long" role="columnheader" :aria-label="name.long">{{ narrow ? name.narrow : name.short }}</div></div>
        <div v-for="week in weeks" :key="week[0].key" class="mc-month-week" role="row">
          <div v-for="day in week" :key="day.key" class="mc-day" :class="{'mc-outside': !day.inside, 'mc-over': over === day.key, 'mc-chosen': narrow && at === day.key}"
              role="gridcell" :data-day="day.key" @dblclick.self="add(day)">
            <div class="mc-day-head" @dblclick.self="add(day)">
              <button type="button" class="mc-day-number mc-num" :class="{'mc-today': day.today}" :data-number="day.key" :tabindex="at === day.key ? 0 : -1" :aria-label="day.label"
                :aria-current="day.today ? 'date' : null" @focus="at = day.key" @click="narrow ? choose(day) : $emit('day', day.key)">{{ day.number }}</button>
              <span class="mc-grow"></span>
              <button v-if="movable && !narrow" type="button" class="mc-board-button mc-day-add" :tabindex="at === day.key ? 0 : -1" :aria-label="words.add + ': ' + day.name"
                :title="words.add" @click="add(day)"><q-icon name="lu-plus" aria-hidden="true"></q-icon></button>
            </div>
            <div v-if="narrow" class="mc-day-dots" aria-hidden="true"><i v-for="card in day.cards.slice(0, 3)" :key="card.id" :class="{'mc-late': card.late, 'mc-closed': card.done}"></i></div>
            <template v-else>
              <div v-for="card in part(day)" :key="card.id" class="mc-due-card" :class="looks(card)" :data-id="card.id" @pointerdown="press(card, day, $event)" @click.capture="clicked"
                  @contextmenu.prevent="touched || menu(card, day)">
                <button type="button" class="mc-due-title mc-truncate" :tabindex="at === day.key ? 0 : -1" :aria-label="card.said" :title="card.said" :id="root + '-' + card.id"
                  @focus="at = day.key" @click="$emit('pick', card.id)"><span class="mc-due-mark" :class="'mc-' + card.priority + (card.doing ? ' mc-doing' : '')" aria-hidden="true"><svg v-if="card.done" viewBox="0 0 24 24"><use :href="sprite + '#check'"></use></svg></span>
                  <span v-if="card.time" class="mc-micro mc-num mc-none">{{ card.time }}</span><span class="mc-truncate" :class="{'mc-struck': card.done}">{{ card.title }}</span></button>
              </div>
              <button v-if="rest(day)" type="button" class="mc-day-more" :tabindex="at === day.key ? 0 : -1" :aria-label="words.rest.replace('%d', rest(day)) + ', ' + day.name"
                @focus="at = day.key" @click="$emit('day', day.key)">{{ words.rest.replace('%d', rest(day)) }}</button>
            </template>
          </div>
        </div>
      </div>
      <div v-if="narrow" class="mc-agenda">
        <section v-for="day in agenda" :key="day.key" :data-agenda="day.key" :aria-label="day.label">
          <header class="mc-agenda-head"><h3 class="mc-section" :class="{'mc-accent-text': day.today}">{{ (day.today ? words.today + ", " : "") + day.name }}</h3><span class="mc-grow"></span>
            <button v-if="movable" type="button" class="mc-board-button" :aria-label="words.add + ': ' + day.name" @click="add(day)"><q-icon name="lu-plus" aria-hidden="true"></q-icon></button></header>
          <div v-for="card in day.cards" :key="card.id" class="mc-item mc-agenda-row" :data-id="card.id">
            <button type="button" role="checkbox" :class="'mc-done mc-' + card.priority" :aria-checked="String(card.done)" :aria-label="card.check" :disabled="!card.editable" @click="$emit('toggle', card.id)">
              <i class="q-icon mc-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#check'"></use></svg></i></button>
            <button type="button" class="mc-task-title mc-truncate" :title="card.title" @click="$emit('pick', card.id)"><span :class="{'mc-struck': card.done}">{{ card.title }}</span></button>
            <span class="mc-grow"></span><span v-if="card.late" class="mc-cap mc-overdue">{{ words.late }}</span><span v-if="card.time" class="mc-cap mc-num">{{ card.time }}</span>
            <button type="button" class="mc-board-button" :id="root + '-' + card.id" aria-haspopup="menu" :aria-label="words.menu + ' ' + card.title" @click="menu(card, day)"><q-icon name="lu-ellipsis" aria-hidden="true"></q-icon></button>
          </div>
          <p v-if="!day.cards.length" class="mc-cap mc-agenda-none">{{ words.none }}</p>
          <button v-if="day.total > day.cards.length" type="button" class="mc-day-more" @click="$emit('day', day.key)">{{ words.rest.replace('%d', day.total - day.cards.length) }}</button>
        </section>
      </div>
    </div>`,
  props: { days: Array, names: Array, title: String, words: Object, movable: Boolean, root: String, sprite: String, begin: String },
  emits: ["move", "menu", "pick", "day", "add", "toggle", "go", "shift"],
  data() {
    return { touched: false, at: this.begin, moved: {}, over: null, held: null, fits: 4, narrow: matchMedia(NARROW).matches, wanted: false, follow: null };
  },
  computed: {
    // What the server gave, with what was just moved already on its new day.
    shown() {
      const days = Vue.toRaw(this.days), pending = Object.keys(this.moved);
      if (!pending.length) return days;
      const flying = {};
      for (const day of days) for (const card of day.cards) if (this.moved[card.id] && this.moved[card.id] !== day.key) flying[card.id] = card;
      return days.map((day) => {
        const come = Object.values(flying).filter((card) => this.moved[card.id] === day.key), stay = day.cards.filter((card) => !flying[card.id]);
        return { ...day, cards: [...come, ...stay], total: day.total + come.length - (day.cards.length - stay.length) };
      });
    },
    weeks() {
      const weeks = [];
      for (let at = 0; at < this.shown.length; at += 7) weeks.push(this.shown.slice(at, at + 7));
      return weeks;
    },
    agenda() { return this.shown.filter((day) => (day.inside && (day.cards.length || day.today)) || day.key === this.at); },
  },
  watch: {
    days() {
      this.moved = {};
      const held = document.activeElement?.closest?.(".mc-due-card, .mc-day, .mc-agenda-row"), mine = held && this.$refs.month.contains(held);
      const id = this.follow || (mine && held.dataset.id), went = this.wanted;
      this.follow = null;
      this.wanted = false;
      if (went || !this.days.some((day) => day.key === this.at)) this.at = this.begin;
      this.$nextTick(() => {
        this.measure();
        const card = id && !went && this.card(id);
        if (card) card.focus();
        else if (mine || went) this.number(this.at)?.focus();
      });
    },
  },
  mounted() {
    // A finger that drags must not scroll the page; only a listener that may prevent it can stop that.
    this.still = (e) => { if (this.held) e.preventDefault(); };
    this.keys = (e) => {
      if (!["j", "k"].includes(e.key) || e.ctrlKey || e.metaKey || e.altKey || !this.$refs.month?.offsetParent) return;
      const at = document.activeElement;
      if (document.querySelector(".q-dialog[aria-modal=true], .q-menu") || (at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable))) return;
      e.preventDefault();
      this.step(e.key === "j" ? 1 : -1);
    };
    this.width = matchMedia(NARROW);
    this.turned = () => { this.narrow = this.width.matches; this.$nextTick(this.measure); };
    this.width.addEventListener("change", this.turned);
    document.addEventListener("touchmove", this.still, { passive: false });
    document.addEventListener("keydown", this.keys);
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(this.$refs.month);
  },
  unmounted() {
    this.width.removeEventListener("change", this.turned);
    document.removeEventListener("touchmove", this.still);
    document.removeEventListener("keydown", this.keys);
    this.sizes.disconnect();
    this.drop(false);
  },
  methods: {
    // How many lines have room in a day; where more is due, the last of them says so.
    measure() {
      const day = this.$refs.month?.querySelector(".mc-day");
      if (day && !this.narrow) this.fits = Math.max(1, Math.floor((day.clientHeight - HEAD) / LINE));
    },
    part(day) { return day.cards.slice(0, day.total > this.fits ? this.fits - 1 : this.fits); },
    rest(day) { return day.total - this.part(day).length; },
    looks(card) { return { ["mc-hue-" + card.hue]: true, "mc-closed": card.done, "mc-late": card.late, "mc-held": this.held && this.held.id === card.id }; },
    number(key) { return this.$refs.month.querySelector(`[data-number="${key}"]`); },
    card(id) { return [...this.$refs.month.querySelectorAll("[data-id]")].find((one) => one.dataset.id === id)?.querySelector(".mc-due-title, .mc-task-title"); },
    add(day) { if (this.movable) this.$emit("add", day.key); },
    menu(card, day) { this.$emit("menu", { id: card.id, day: day.key, at: `[id="${this.root}-${card.id}"]` }); },
    clicked(e) {
      if (this.dragged) { e.preventDefault(); e.stopPropagation(); }
    },
    choose(day) {
      this.at = day.key;
      this.$nextTick(() => this.$refs.month.querySelector(`[data-agenda="${day.key}"]`)?.scrollIntoView({ block: "start" }));
    },

    // Keys: the arrows move by a day or a week, and inside a day up and down through what is due; with Shift they take a task along.
    titles() { return [...this.$refs.month.querySelectorAll(".mc-due-title, .mc-agenda .mc-task-title")]; },
    step(by) {
      const all = this.titles(), here = all.indexOf(document.activeElement);
      const first = by > 0 ? all.findIndex((one) => this.dayOf(one) >= this.at) : all.length - 1;
      all[here < 0 ? Math.max(0, first) : Math.max(0, Math.min(all.length - 1, here + by))]?.focus();
    },
    dayOf(element) { return element.closest("[data-day]")?.dataset.day || ""; },
    later(key, by) { return this.days[this.days.findIndex((day) => day.key === key) + by]?.key; },
    // To another day: what is not shown here is the server's to find.
    goTo(key, days, months) {
      const to = !months && this.later(key, days);
      if (to) { this.at = to; this.$nextTick(() => this.number(to)?.focus()); }
      else { this.wanted = true; this.$emit("go", { day: key, days, months }); }
      return true;
    },
    shift(card, day, by) {
      const to = this.later(day.key, by);
      if (to) return this.move(card, day, to, true);
      if (this.movable && card.editable) this.$emit("shift", { id: card.id, day: day.key, days: by });
      return true;
    },
    walk(e) {
      if (e.ctrlKey || e.metaKey || e.altKey || this.held) return;
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 7, ArrowUp: -7 }[e.key], id = e.target.closest("[data-id]")?.dataset.id, key = this.dayOf(e.target);
      if (!key || !this.act(e, by, id, key)) return;
      e.preventDefault();
      e.stopPropagation();
    },
    act(e, by, id, key) {
      const day = this.shown.find((one) => one.key === key), card = id && day.cards.find((one) => one.id === id);
      if (e.shiftKey) return by && card && this.shift(card, day, by);
      if (card && Math.abs(by) === 7) return this.inside(e.target, by / 7);
      if (by) return this.goTo(key, by, 0);
      if (e.key === "PageDown" || e.key === "PageUp") return this.goTo(key, 0, e.key === "PageDown" ? 1 : -1);
      const place = this.shown.indexOf(day) % 7;
      if (e.key === "Home" || e.key === "End") return this.goTo(key, (e.key === "Home" ? 0 : 6) - place, 0);
      if (e.key === "n" && this.movable) return this.add(day), true;
      if (e.key === "e" && card && card.editable) return this.$emit("toggle", card.id), true;
      if (e.key === "." && card) return this.menu(card, day), true;
      return false;
    },
    inside(from, by) {
      const all = [...from.closest("[data-day]").querySelectorAll(".mc-day-number, .mc-due-title, .mc-day-more")];
      all[Math.max(0, Math.min(all.length - 1, all.indexOf(from) + by))]?.focus();
      return true;
    },
    move(card, day, to, follow) {
      if (!this.movable || !card.editable || to === day.key) return false;
      if (follow) this.follow = card.id;
      this.moved = { ...this.moved, [card.id]: to };
      if (follow) { this.at = to; this.$nextTick(() => this.card(card.id)?.focus()); }
      this.$emit("move", { id: card.id, from: day.key, to });
      return true;
    },

    // Dragging.
    press(card, day, e) {
      this.dragged = false;
      this.touched = e.pointerType === "touch";
      if (!e.isPrimary || !this.movable || !card.editable || e.button !== 0) return;
      this.stop?.();
      const box = e.currentTarget, start = { x: e.clientX, y: e.clientY }, touch = e.pointerType === "touch";
      const move = (at) => {
        if (this.held) return this.drag(at);
        const far = Math.hypot(at.clientX - start.x, at.clientY - start.y) > START;
        if (far && touch) end(at);
        else if (far) this.lift(card, day, box, at);
      };
      const end = (at) => this.drop(at.type === "pointerup");
      const escape = (key) => { if (key.key === "Escape" && this.held) { key.preventDefault(); key.stopPropagation(); this.drop(false); } };
      const timer = touch ? setTimeout(() => this.lift(card, day, box, e), HOLD) : 0;
      const heard = { pointermove: move, pointerup: end, pointercancel: end };
      for (const [name, listen] of Object.entries(heard)) document.addEventListener(name, listen);
      document.addEventListener("keydown", escape, true);
      this.stop = () => {
        clearTimeout(timer);
        for (const [name, listen] of Object.entries(heard)) document.removeEventListener(name, listen);
        document.removeEventListener("keydown", escape, true);
      };
    },
    lift(card, day, box, at) {
      const place = box.getBoundingClientRect();
      this.ghost = box.cloneNode(true);
      this.ghost.classList.add("mc-board-ghost");
      this.ghost.setAttribute("aria-hidden", "true");
      Object.assign(this.ghost.style, { width: place.width + "px", left: place.left + "px", top: place.top + "px" });
      document.body.append(this.ghost);
      document.body.classList.add("mc-dragging");
      this.grip = { x: at.clientX, y: at.clientY };
      this.dragged = true;
      this.held = { id: card.id, card, day };
      this.drag(at);
    },
    drag(at) {
      this.ghost.style.transform = `translate(${at.clientX - this.grip.x}px, ${at.clientY - this.grip.y}px) rotate(1.6deg)`;
      const under = document.elementFromPoint(at.clientX, at.clientY)?.closest?.(".mc-day");
      this.over = under && this.$refs.month.contains(under) ? under.dataset.day : null;
    },
    drop(done) {
      this.stop?.();
      const held = this.held, to = this.over;
      this.ghost?.remove();
      document.body.classList.remove("mc-dragging");
      this.ghost = this.held = this.over = null;
      setTimeout(() => { this.dragged = false; }, this.touched ? 250 : 0);  // a finger's click comes a little after it was lifted
      if (done && held && to) this.move(held.card, held.day, to, false);
    },
  },
};
