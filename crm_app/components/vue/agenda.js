// Events one under the other, day by day; on a phone with the days of the week above them. One element however many events it shows. It draws what
// it is given; an event is a link where it has an address, else the server is told which one was chosen.
const NARROW = "(max-width: 767px)";

export default {
  template: `
    <div v-if="always || narrow" class="mc-ag" :class="{'mc-ag-wide': wide}" ref="agenda" role="region" :aria-label="words.label" @keydown="walk">
      <div v-if="strip.length && narrow" class="mc-ag-strip" role="group" :aria-label="words.days">
        <button v-for="day in strip" :key="day.key" type="button" :class="{'mc-busy': day.busy}" :data-strip="day.key" :aria-label="day.label" :aria-current="day.today ? 'date' : null"
          :aria-pressed="String(at === day.key)" @click="choose(day.key)"><span aria-hidden="true">{{ day.letter }}</span><b class="mc-num" :class="{'mc-today': day.today}">{{ day.number }}</b></button>
      </div>
      <div class="mc-ag-days">
        <section v-for="day in shown" :key="day.key" class="mc-ag-day" :data-agenda="day.key" :aria-label="day.label">
          <header v-if="heads" class="mc-ag-head"><h2 class="mc-section" :class="{'mc-accent-text': day.today}">{{ day.title }}</h2><span class="mc-cap">{{ day.note }}</span></header>
          <template v-for="(row, place) in day.rows" :key="row.id">
            <div v-if="nowBefore(day) === place" class="mc-ag-now"><span class="mc-micro mc-num">{{ here.line.said }}</span><i></i></div>
            <component :is="events[row.id].href ? 'a' : 'button'" :href="events[row.id].href || null" :type="events[row.id].href ? null : 'button'" class="mc-ag-row" :class="looks(row, day)" :data-event="row.id"
                :aria-label="events[row.id].said" :aria-haspopup="events[row.id].href ? null : 'dialog'" :aria-expanded="events[row.id].href ? null : String(chosen === row.id)" @click="pick(row.id)">
              <span class="mc-ag-times mc-num"><template v-if="events[row.id].begins"><span>{{ row.came ? "…" : events[row.id].begins }}</span><span>{{ row.goes ? "…" : events[row.id].until }}</span></template><span v-else class="mc-cap">{{ words.whole }}</span></span>
              <span class="mc-ag-what"><span class="mc-ag-title">{{ events[row.id].title }}</span>
                <span v-if="events[row.id].who || events[row.id].place" class="mc-ag-who"><span v-if="events[row.id].faces.length" class="mc-avatars"><i v-for="(face, number) in events[row.id].faces" :key="number" :class="'mc-avatar mc-s16 mc-hue-' + face[1]" aria-hidden="true"><span>{{ face[0] }}</span></i></span>
                  <span class="mc-truncate">{{ [events[row.id].who, events[row.id].place].filter(Boolean).join(" · ") }}</span></span></span>
            </component>
          </template>
          <div v-if="day.rows.length && nowBefore(day) === day.rows.length" class="mc-ag-now"><span class="mc-micro mc-num">{{ here.line.said }}</span><i></i></div>
          <p v-if="!day.rows.length" class="mc-cap mc-ag-none">{{ words.none }}</p>
        </section>
      </div>
    </div>`,
  props: { days: Array, strip: Array, events: Object, heads: Boolean, stripped: Boolean, always: Boolean, chosen: String, now: Number, line: Object, words: Object },
  emits: ["pick", "day"],
  data() {
    return { at: "", told: null, narrow: matchMedia(NARROW).matches };
  },
  computed: {
    here() { return this.told || { now: this.now, line: this.line }; },
    // A clock of twelve hours says more of each: "10:00 AM".
    wide() { return Object.values(this.events).some((event) => event.begins.length > 5 || event.until.length > 5); },
    // Beside a strip every day has its place; elsewhere one on which nothing happens is left out.
    shown() { return this.days.filter((day) => day.rows.length || day.today || !this.heads || (this.stripped && this.narrow)); },
    next() {
      const today = this.here.line && this.days.find((day) => day.key === this.here.line.day);
      return today && today.rows.find((row) => this.events[row.id].begins && !row.came && this.events[row.id].ends > this.here.now && !/cancelled|declined/.test(this.events[row.id].looks))?.id;
    },
  },
  watch: {
    now() { this.told = null; },
    days(days, before) {
      const held = this.$refs.agenda?.contains(document.activeElement) && document.activeElement.dataset.event;
      const others = days.length !== before.length || days.some((day, place) => day.key !== before[place].key);
      if (others) this.begin();
      this.$nextTick(() => {
        if (held && document.activeElement === document.body) (this.element(held) || this.rows()[0])?.focus();
        if (others) this.show();
      });
    },
  },
  created() { this.begin(); },
  mounted() {
    this.width = matchMedia(NARROW);
    this.turned = () => { this.narrow = this.width.matches; };
    this.width.addEventListener("change", this.turned);
    this.keys = (e) => {
      if (!["j", "k"].includes(e.key) || e.ctrlKey || e.metaKey || e.altKey || !this.heads || !this.$refs.agenda?.offsetParent) return;
      const at = document.activeElement;
      if (document.querySelector(".q-dialog[aria-modal=true], .q-menu") || (at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable))) return;
      e.preventDefault();
      this.step(e.key === "j" ? 1 : -1);
    };
    document.addEventListener("keydown", this.keys);
    this.show();
  },
  unmounted() {
    this.width.removeEventListener("change", this.turned);
    document.removeEventListener("keydown", this.keys);
  },
  methods: {
    tell(values) { this.told = { ...this.here, ...values }; },
    // Today, if it is among the days; else the first of them.
    begin() {
      const today = this.strip.find((day) => day.today) || this.strip[0];
      this.at = today ? today.key : "";
    },
    show() {
      if (this.stripped && this.narrow && this.at && this.at !== this.strip[0]?.key) this.bring(this.at);
    },
    bring(key) { this.$refs.agenda?.querySelector(`[data-agenda="${key}"]`)?.scrollIntoView({ block: "start" }); },
    choose(key) {
      this.at = key;
      this.bring(key);
    },
    pick(id) { if (!this.events[id].href) this.$emit("pick", id); },
    looks(row, day) {
      const event = this.events[row.id];
      return ["mc-hue-" + event.hue, event.looks, { "mc-past": event.ends <= this.here.now, "mc-chosen": this.chosen === row.id, "mc-next": day.today && this.next === row.id }];
    },
    // The line of now stands before the first event of today that has times and is not over.
    nowBefore(day) {
      if (!this.here.line || this.here.line.day !== day.key) return -1;
      const place = day.rows.findIndex((row) => this.events[row.id].begins && this.events[row.id].ends > this.here.now);
      return place < 0 ? day.rows.length : place;
    },
    rows() { return this.$refs.agenda ? [...this.$refs.agenda.querySelectorAll("[data-event]")] : []; },
    element(id) { return this.rows().find((one) => one.dataset.event === id); },
    step(by) {
      const all = this.rows(), here = all.indexOf(document.activeElement), first = all.findIndex((one) => !one.classList.contains("mc-past"));
      all[here < 0 ? Math.max(0, first) : Math.max(0, Math.min(all.length - 1, here + by))]?.focus();
    },
    walk(e) {
      const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (!by || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || !e.target.closest("[data-event]")) return;
      e.preventDefault();
      this.step(by);
    },
  },
};
