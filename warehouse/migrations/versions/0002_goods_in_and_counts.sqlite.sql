CREATE TABLE night_run (
    day TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    done_at BIGINT,
    CONSTRAINT pk_night_run PRIMARY KEY (day)
);

CREATE TABLE supplier (
    id INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_supplier PRIMARY KEY (id),
    CONSTRAINT uq_supplier_code UNIQUE (code)
);

CREATE TABLE count_session (
    id INTEGER NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    scope JSON NOT NULL,
    tolerance_units INTEGER NOT NULL,
    tolerance_minor INTEGER NOT NULL,
    approval_minor INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    created_by INTEGER NOT NULL,
    closed_at BIGINT,
    closed_by INTEGER,
    CONSTRAINT pk_count_session PRIMARY KEY (id),
    CONSTRAINT uq_count_session_number UNIQUE (number),
    CONSTRAINT fk_count_session_created_by FOREIGN KEY(created_by) REFERENCES person (id),
    CONSTRAINT fk_count_session_closed_by FOREIGN KEY(closed_by) REFERENCES person (id)
);

CREATE INDEX ix_count_session_state ON count_session (state);

CREATE TABLE item_figure (
    item_id INTEGER NOT NULL,
    abc TEXT NOT NULL,
    sold_30 INTEGER NOT NULL,
    sold_90 INTEGER NOT NULL,
    sold_365 INTEGER NOT NULL,
    picks_90 INTEGER NOT NULL,
    value_90_minor INTEGER NOT NULL,
    unit_days_365 INTEGER DEFAULT '0' NOT NULL,
    last_sold_at BIGINT,
    first_moved_at BIGINT,
    reckoned_at BIGINT NOT NULL,
    CONSTRAINT pk_item_figure PRIMARY KEY (item_id),
    CONSTRAINT ck_item_figure_abc CHECK (abc IN ('A', 'B', 'C')),
    CONSTRAINT fk_item_figure_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);

CREATE TABLE item_home (
    item_id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    min_units INTEGER,
    max_units INTEGER,
    CONSTRAINT pk_item_home PRIMARY KEY (item_id),
    CONSTRAINT ck_item_home_min_max CHECK (min_units >= 0 AND max_units >= min_units),
    CONSTRAINT fk_item_home_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_item_home_location_id FOREIGN KEY(location_id) REFERENCES location (id)
);

CREATE INDEX ix_item_home_location_id ON item_home (location_id);

CREATE TABLE purchase_order (
    id INTEGER NOT NULL,
    supplier_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    state TEXT NOT NULL,
    expected_on TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by INTEGER NOT NULL,
    CONSTRAINT pk_purchase_order PRIMARY KEY (id),
    CONSTRAINT uq_purchase_order_supplier_id_number UNIQUE (supplier_id, number),
    CONSTRAINT fk_purchase_order_supplier_id FOREIGN KEY(supplier_id) REFERENCES supplier (id),
    CONSTRAINT fk_purchase_order_created_by FOREIGN KEY(created_by) REFERENCES person (id)
);

CREATE TABLE replenishment (
    id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    source_id INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    units INTEGER NOT NULL,
    units_done INTEGER NOT NULL,
    why TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT,
    person_id INTEGER,
    created_at BIGINT NOT NULL,
    done_at BIGINT,
    CONSTRAINT pk_replenishment PRIMARY KEY (id),
    CONSTRAINT ck_replenishment_units_done CHECK (units_done >= 0 AND units_done <= units),
    CONSTRAINT fk_replenishment_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_replenishment_source_id FOREIGN KEY(source_id) REFERENCES location (id),
    CONSTRAINT fk_replenishment_target_id FOREIGN KEY(target_id) REFERENCES location (id),
    CONSTRAINT fk_replenishment_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);

CREATE INDEX ix_replenishment_item_id ON replenishment (item_id);

CREATE INDEX ix_replenishment_state_due_at ON replenishment (state, due_at);

CREATE TABLE carry (
    person_id INTEGER NOT NULL,
    item_id INTEGER,
    source_id INTEGER NOT NULL,
    condition TEXT NOT NULL,
    units INTEGER NOT NULL,
    replenishment_id INTEGER,
    since BIGINT NOT NULL,
    CONSTRAINT pk_carry PRIMARY KEY (person_id),
    CONSTRAINT ck_carry_units CHECK (units >= 0 AND (units = 0 OR item_id IS NOT NULL)),
    CONSTRAINT fk_carry_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_carry_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_carry_source_id FOREIGN KEY(source_id) REFERENCES location (id),
    CONSTRAINT fk_carry_replenishment_id FOREIGN KEY(replenishment_id) REFERENCES replenishment (id)
);

CREATE INDEX ix_carry_source_id_item_id ON carry (source_id, item_id);

CREATE TABLE count_task (
    id INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    round INTEGER NOT NULL,
    covers_shelf BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    person_id INTEGER,
    heartbeat_at BIGINT,
    started_at BIGINT,
    counted_at BIGINT,
    CONSTRAINT pk_count_task PRIMARY KEY (id),
    CONSTRAINT uq_count_task_session_id_location_id_round UNIQUE (session_id, location_id, round),
    CONSTRAINT ck_count_task_round CHECK (round BETWEEN 1 AND 3),
    CONSTRAINT fk_count_task_session_id FOREIGN KEY(session_id) REFERENCES count_session (id),
    CONSTRAINT fk_count_task_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_count_task_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);

CREATE INDEX ix_count_task_location_id_counted_at ON count_task (location_id, counted_at);

CREATE TABLE delivery (
    id INTEGER NOT NULL,
    number TEXT NOT NULL,
    supplier_id INTEGER NOT NULL,
    purchase_order_id INTEGER,
    notice TEXT NOT NULL,
    state TEXT NOT NULL,
    is_blind BOOLEAN NOT NULL,
    parcels_announced INTEGER,
    created_at BIGINT NOT NULL,
    created_by INTEGER NOT NULL,
    closed_at BIGINT,
    closed_by INTEGER,
    CONSTRAINT pk_delivery PRIMARY KEY (id),
    CONSTRAINT uq_delivery_number UNIQUE (number),
    CONSTRAINT fk_delivery_supplier_id FOREIGN KEY(supplier_id) REFERENCES supplier (id),
    CONSTRAINT fk_delivery_purchase_order_id FOREIGN KEY(purchase_order_id) REFERENCES purchase_order (id),
    CONSTRAINT fk_delivery_created_by FOREIGN KEY(created_by) REFERENCES person (id),
    CONSTRAINT fk_delivery_closed_by FOREIGN KEY(closed_by) REFERENCES person (id)
);

CREATE INDEX ix_delivery_purchase_order_id ON delivery (purchase_order_id);

CREATE INDEX ix_delivery_state ON delivery (state);

CREATE TABLE purchase_line (
    id INTEGER NOT NULL,
    purchase_order_id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    units_ordered INTEGER NOT NULL,
    price_minor INTEGER,
    currency TEXT,
    CONSTRAINT pk_purchase_line PRIMARY KEY (id),
    CONSTRAINT uq_purchase_line_purchase_order_id_item_id UNIQUE (purchase_order_id, item_id),
    CONSTRAINT ck_purchase_line_units_ordered CHECK (units_ordered > 0),
    CONSTRAINT fk_purchase_line_purchase_order_id FOREIGN KEY(purchase_order_id) REFERENCES purchase_order (id),
    CONSTRAINT fk_purchase_line_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);

CREATE INDEX ix_purchase_line_item_id ON purchase_line (item_id);

CREATE TABLE count_line (
    id INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    item_id INTEGER,
    code TEXT NOT NULL,
    previous_item_id INTEGER,
    next_item_id INTEGER,
    is_asked BOOLEAN NOT NULL,
    units_counted INTEGER,
    units_damaged INTEGER NOT NULL,
    on_record INTEGER,
    moves_seen INTEGER,
    last_move_id INTEGER,
    counted_at BIGINT,
    settled_as TEXT NOT NULL,
    CONSTRAINT pk_count_line PRIMARY KEY (id),
    CONSTRAINT uq_count_line_task_id_item_id UNIQUE (task_id, item_id),
    CONSTRAINT ck_count_line_units CHECK (units_counted >= 0 AND units_damaged >= 0),
    CONSTRAINT ck_count_line_names_something CHECK (item_id IS NOT NULL OR code <> ''),
    CONSTRAINT fk_count_line_task_id FOREIGN KEY(task_id) REFERENCES count_task (id),
    CONSTRAINT fk_count_line_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_count_line_previous_item_id FOREIGN KEY(previous_item_id) REFERENCES item (id),
    CONSTRAINT fk_count_line_next_item_id FOREIGN KEY(next_item_id) REFERENCES item (id)
);

CREATE INDEX ix_count_line_item_id ON count_line (item_id);

CREATE INDEX ix_count_line_task_id ON count_line (task_id);

CREATE TABLE delivery_line (
    id INTEGER NOT NULL,
    delivery_id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    units_announced INTEGER,
    units_good INTEGER NOT NULL,
    units_bad INTEGER NOT NULL,
    CONSTRAINT pk_delivery_line PRIMARY KEY (id),
    CONSTRAINT uq_delivery_line_delivery_id_item_id UNIQUE (delivery_id, item_id),
    CONSTRAINT ck_delivery_line_units CHECK (units_good >= 0 AND units_bad >= 0),
    CONSTRAINT fk_delivery_line_delivery_id FOREIGN KEY(delivery_id) REFERENCES delivery (id),
    CONSTRAINT fk_delivery_line_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);

CREATE INDEX ix_delivery_line_item_id ON delivery_line (item_id);

CREATE TABLE delivery_parcel (
    id INTEGER NOT NULL,
    delivery_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    person_id INTEGER,
    opened_at BIGINT,
    closed_at BIGINT,
    CONSTRAINT pk_delivery_parcel PRIMARY KEY (id),
    CONSTRAINT uq_delivery_parcel_delivery_id_position UNIQUE (delivery_id, position),
    CONSTRAINT fk_delivery_parcel_delivery_id FOREIGN KEY(delivery_id) REFERENCES delivery (id),
    CONSTRAINT fk_delivery_parcel_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);

CREATE TABLE count_result (
    id INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    line_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    on_record INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    units INTEGER NOT NULL,
    units_posted INTEGER NOT NULL,
    value_minor INTEGER NOT NULL,
    cause TEXT NOT NULL,
    note TEXT NOT NULL,
    decided_at BIGINT,
    decided_by INTEGER,
    CONSTRAINT pk_count_result PRIMARY KEY (id),
    CONSTRAINT uq_count_result_session_id_location_id_item_id UNIQUE (session_id, location_id, item_id),
    CONSTRAINT fk_count_result_session_id FOREIGN KEY(session_id) REFERENCES count_session (id),
    CONSTRAINT fk_count_result_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_count_result_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_count_result_line_id FOREIGN KEY(line_id) REFERENCES count_line (id),
    CONSTRAINT fk_count_result_decided_by FOREIGN KEY(decided_by) REFERENCES person (id)
);

CREATE INDEX ix_count_result_item_id ON count_result (item_id);

CREATE INDEX ix_count_result_state ON count_result (state);

CREATE TABLE photo (
    id INTEGER NOT NULL,
    incident_id INTEGER NOT NULL,
    jpeg BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    at BIGINT NOT NULL,
    person_id INTEGER NOT NULL,
    device_id INTEGER,
    CONSTRAINT pk_photo PRIMARY KEY (id),
    CONSTRAINT fk_photo_incident_id FOREIGN KEY(incident_id) REFERENCES incident (id),
    CONSTRAINT fk_photo_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_photo_device_id FOREIGN KEY(device_id) REFERENCES device (id)
);

CREATE INDEX ix_photo_incident_id ON photo (incident_id);

ALTER TABLE item ADD COLUMN merged_into_id INTEGER CONSTRAINT fk_item_merged_into_id REFERENCES item (id);

ALTER TABLE item ADD COLUMN listing TEXT DEFAULT 'listed' NOT NULL CONSTRAINT ck_item_listing CHECK (listing IN ('draft', 'listed'));

ALTER TABLE location ADD COLUMN is_reserve BOOLEAN DEFAULT 0 NOT NULL;

ALTER TABLE location ADD COLUMN max_units INTEGER;

CREATE INDEX ix_location_walk ON location (kind, is_reserve, sequence, code);

ALTER TABLE stock_balance ADD COLUMN moves INTEGER DEFAULT '0' NOT NULL;

CREATE INDEX ix_stock_balance_item_id_held ON stock_balance (item_id) WHERE on_hand > 0;

ALTER TABLE incident ADD COLUMN delivery_id INTEGER CONSTRAINT fk_incident_delivery_id REFERENCES delivery (id);

CREATE INDEX ix_incident_delivery_id ON incident (delivery_id);

ALTER TABLE stock_move ADD COLUMN count_result_id INTEGER CONSTRAINT fk_stock_move_count_result_id REFERENCES count_result (id);

DROP INDEX ix_stock_move_item_id;

CREATE INDEX ix_stock_move_count_result_id ON stock_move (count_result_id);

CREATE INDEX ix_stock_move_crossing ON stock_move (item_id, at, source_id, target_id, units, reason) WHERE reason IN ('opening', 'dispatch', 'short', 'found', 'receive', 'unreceive', 'count');

CREATE INDEX ix_stock_move_item_id_at ON stock_move (item_id, at);

UPDATE stock_balance SET moves = t.n FROM (
    SELECT item_id, place, condition, COUNT(*) AS n FROM (
        SELECT item_id, source_id AS place, condition FROM stock_move
        UNION ALL SELECT item_id, target_id, target_condition FROM stock_move
    ) AS u GROUP BY item_id, place, condition
) AS t
WHERE t.item_id = stock_balance.item_id AND t.place = stock_balance.location_id
AND t.condition = stock_balance.condition;

INSERT INTO location (code, kind, aisle, bay, shelf, zone, sequence)
SELECT 'RECEIVING', 'staging', '', '', '', '', 0
WHERE EXISTS (SELECT 1 FROM location) AND NOT EXISTS (SELECT 1 FROM location WHERE code = 'RECEIVING');
