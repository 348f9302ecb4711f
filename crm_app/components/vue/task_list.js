// Tasks as rows of plain values: one element however many there are. It draws what it is given and says what was done.
// "toggle" and "open" name a task, "pick" a task and the line of its menu, "more" asks for further rows.
// Its one menu is the shell's own kind (drawn_menu.js), which every page has loaded.
export default {
  props: { rows: Array, menus: Object, more: String, words: Object, sprite: String },
  emits: ["toggle", "open", "pick", "more"],
  template: `
<div>
  <div v-for="row in list" :key="row.id" v-memo="[row]" class="mc-item mc-task-row">
    <button type="button" role="checkbox" :class="'mc-done mc-' + row.priority" :aria-checked="String(row.done)" :aria-label="row.check" :disabled="!row.editable"
      @click="$emit('toggle', row.id)"><i class="q-icon mc-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#check'"></use></svg></i></button>
    <button type="button" class="mc-task-title mc-truncate" :title="row.title" @click="$emit('open', row.id)"><span :class="{'mc-struck': row.done}">{{ row.title }}</span></button>
    <span class="mc-grow"></span>
    <a v-if="row.href" class="mc-row mc-task-who mc-plain-link" :href="row.href" :title="row.who" :aria-label="row.who">
      <span :class="'mc-avatar mc-s20 mc-hue-' + row.hue" aria-hidden="true"><span>{{ row.initials }}</span></span>
      <span class="mc-truncate mc-desk-only mc-ink-2">{{ row.who + row.others }}</span></a>
    <span v-if="row.doer" :class="'mc-avatar mc-s20 mc-hue-' + row.doer_hue" role="img" :aria-label="row.doer" :title="row.doer">{{ row.doer_initials }}</span>
    <span class="mc-task-due mc-cap mc-num" :class="{'mc-overdue': row.late}"><span v-if="row.late" class="mc-visually-hidden">{{ words.late }}</span><span>{{ row.due }}</span></span>
    <span v-if="row.menu" class="mc-reveal"><button type="button" class="mc-btn mc-ghost mc-h24 mc-square" aria-haspopup="menu" :aria-label="words.more" :title="words.more"
      @click="unfold(row, $event)"><i class="q-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#ellipsis'"></use></svg></i></button></span>
  </div>
  <button v-if="more" type="button" class="mc-btn mc-ghost mc-h28" @click="$emit('more')">{{ more }}</button>
  <component :is="'nicegui-drawn_menu'" v-if="menu" ref="menu" :key="menu.id" no-parent-event :target="menu.at" :items="menus[menu.kind]" @pick="$emit('pick', [menu.id, $event])"></component>
</div>`,
  data() {
    return { menu: null };
  },
  computed: {
    list() {
      return Vue.toRaw(this.rows);
    },
  },
  methods: {
    async unfold(row, event) {
      this.menu = { id: row.id, kind: row.menu, at: event.currentTarget };
      await this.$nextTick();
      this.$refs.menu.$refs.qRef.show(event);
    },
  },
};
