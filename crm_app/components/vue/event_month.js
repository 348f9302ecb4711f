// Days of a month with their events: one element however many there are. A press on an event opens it, on a day shows that day. On a phone a day
// says by dots that it has some, and a press shows them below.
const HEAD = 30, LINE = 24, NARROW = "(max-width: 767px)";

export default {
  template: `
    <div class="mc-month mc-event-month" ref="month" :style="{'--weeks': weeks.length}">
      <div class="mc-month-grid" :class="{'mc-small': narrow}" role="grid" :aria-label="title" @keydown="walk">
        <div class="mc-month-head" role="row"><div v-for="name in names" :key="name.long" role="columnheader" :aria-label="name.long">{{ narrow ? name.narrow : name.short }}</div></div>
        <div v-for="week in weeks" :key="week[0].key" class="mc-month-week" role="row">
          <div v-for="day in week" :key="day.key" class="mc-day" :class="{'mc-outside': !day.inside, 'mc-chosen': narrow && day.key === shown}" role="gridcell" :data-day="day.key">
            <div class="mc-day-head"><button type="button" class="mc-day-number mc-num" :class="{'mc-today': day.today}" :data-number="day.key" :tabindex="at === day.key ? 0 : -1" :aria-label="day.label"
              :aria-current="day.today ? 'date' : null" :aria-pressed="narrow ? String(day.key === shown) : null" @focus="at = day.key" @click="$emit(narrow ? 'look' : 'day', day.key)">{{ day.number }}</button></div>
            <div v-if="narrow" class="mc-day-dots" aria-hidden="true"><i v-for="id in day.ids.slice(0, 3)" :key="id" :class="'mc-hue-' + events[id].hue"></i></div>
            <template v-else>
              <button v-for="id in part(day)" :key="id" type="button" class="mc-ev mc-ev-bar mc-ev-line" :class="looks(id)" :data-event="id" :tabindex="at === day.key ? 0 : -1" :aria-label="events[id].said"
                :title="events[id].said" aria-haspopup="dialog" :aria-expanded="String(chosen === id)" @focus="at = day.key" @click="$emit('pick', id)"><span v-if="time(day, id)" class="mc-micro mc-num mc-none">{{ time(day, id) }}</span><span class="mc-ev-title">{{ events[id].title }}</span></button>
              <button v-if="rest(day)" type="button" class="mc-day-more" :tabindex="at === day.key ? 0 : -1" :aria-label="words.rest.replace('%d', rest(day)) + ', ' + day.label" @focus="at = day.key" @click="$emit('day', day.key)">{{ words.rest.replace('%d', rest(day)) }}</button>
            </template>
          </div>
        </div>
      </div>
    </div>`,
  props: { days: Array, names: Array, title: String, words: Object, events: Object, chosen: String, now: Number, shown: String },
  emits: ["pick", "day", "turn", "look"],
  data() {
    return { at: "", told: null, fits: 4, narrow: matchMedia(NARROW).matches };
  },
  computed: {
    here() { return this.told || { now: this.now }; },
    weeks() {
      const weeks = [];
      for (let at = 0; at < this.days.length; at += 7) weeks.push(this.days.slice(at, at + 7));
      return weeks;
    },
  },
  watch: {
    now() { this.told = null; },
    days() {
      const held = this.$refs.month?.contains(document.activeElement), went = this.wanted;
      this.wanted = false;
      this.begin();
      this.$nextTick(() => {
        this.measure();
        if (went || (held && document.activeElement === document.body)) this.number(this.at)?.focus();
      });
    },
  },
  created() { this.begin(); },
  mounted() {
    this.width = matchMedia(NARROW);
    this.turned = () => { this.narrow = this.width.matches; this.$nextTick(this.measure); };
    this.width.addEventListener("change", this.turned);
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(this.$refs.month);
  },
  unmounted() {
    this.width.removeEventListener("change", this.turned);
    this.sizes.disconnect();
  },
  methods: {
    tell(values) { this.told = { ...this.here, ...values }; },
    begin() {
      if (this.days.some((day) => day.key === this.at)) return;
      const first = this.days.find((day) => day.today) || this.days.find((day) => day.inside);
      this.at = first ? first.key : "";
    },
    measure() {
      const day = this.$refs.month?.querySelector(".mc-day");
      if (day && !this.narrow) this.fits = Math.max(1, Math.floor((day.clientHeight - HEAD) / LINE));
    },
    part(day) { return day.ids.slice(0, day.ids.length > this.fits ? this.fits - 1 : this.fits); },
    rest(day) { return day.ids.length - this.part(day).length; },
    looks(id) {
      const event = this.events[id];
      return ["mc-hue-" + event.hue, event.looks, { "mc-past": event.ends <= this.here.now, "mc-chosen": this.chosen === id }];
    },
    // What began the day before says until when it lasts, and what goes on over the whole day nothing.
    time(day, id) {
      const event = this.events[id];
      if (!day.came.includes(id)) return event.begins;
      return day.goes.includes(id) ? "" : "– " + event.until;
    },
    number(key) { return this.$refs.month?.querySelector(`[data-number="${key}"]`); },
    walk(e) {
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 7, ArrowUp: -7 }[e.key], key = e.target.closest("[data-day]")?.dataset.day;
      if (!key || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
      if (e.key === "PageDown" || e.key === "PageUp") this.turn(e.key === "PageDown" ? 1 : -1);
      else if (!by) return;
      else if (Math.abs(by) !== 7 || !this.inside(e.target, by / 7)) this.goTo(key, by);
      e.preventDefault();
      e.stopPropagation();
    },
    turn(by) {
      this.wanted = true;
      this.$emit("turn", by);
    },
    goTo(key, by) {
      const to = this.days[this.days.findIndex((day) => day.key === key) + by];
      if (!to) return this.turn(by > 0 ? 1 : -1);
      this.at = to.key;
      this.number(to.key)?.focus();
    },
    // Up and down through a day; at its end the week before or after.
    inside(from, by) {
      const all = [...from.closest("[data-day]").querySelectorAll("button")], next = all[all.indexOf(from) + by];
      next?.focus();
      return Boolean(next);
    },
  },
};
