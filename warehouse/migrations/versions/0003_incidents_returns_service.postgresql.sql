CREATE TABLE day_off (
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_day_off PRIMARY KEY (day)
);

CREATE TABLE shift (
    id BIGSERIAL NOT NULL,
    weekday INTEGER NOT NULL,
    opens TEXT NOT NULL,
    closes TEXT NOT NULL,
    CONSTRAINT pk_shift PRIMARY KEY (id),
    CONSTRAINT ck_shift_weekday CHECK (weekday BETWEEN 0 AND 6),
    CONSTRAINT ck_shift_opens_before_it_closes CHECK (opens < closes),
    CONSTRAINT uq_shift_weekday_opens UNIQUE (weekday, opens)
);

CREATE TABLE message_template (
    id BIGSERIAL NOT NULL,
    code TEXT NOT NULL,
    language TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    sends_itself BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    reviewed_at BIGINT,
    reviewer_id BIGINT,
    CONSTRAINT pk_message_template PRIMARY KEY (id),
    CONSTRAINT ck_message_template_state CHECK (state IN ('draft', 'reviewed', 'retired')),
    CONSTRAINT uq_message_template_code_language_version UNIQUE (code, language, version),
    CONSTRAINT fk_message_template_author_id FOREIGN KEY(author_id) REFERENCES person (id),
    CONSTRAINT fk_message_template_reviewer_id FOREIGN KEY(reviewer_id) REFERENCES person (id)
);

CREATE TABLE pause (
    id BIGSERIAL NOT NULL,
    what TEXT NOT NULL,
    carrier_code TEXT,
    item_id BIGINT,
    reason TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    began_by BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by BIGINT,
    CONSTRAINT pk_pause PRIMARY KEY (id),
    CONSTRAINT ck_pause_what CHECK (what IN ('release', 'dispatch')),
    CONSTRAINT ck_pause_one_scope CHECK (carrier_code IS NULL OR item_id IS NULL),
    CONSTRAINT fk_pause_carrier_code FOREIGN KEY(carrier_code) REFERENCES carrier (code),
    CONSTRAINT fk_pause_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_pause_began_by FOREIGN KEY(began_by) REFERENCES person (id),
    CONSTRAINT fk_pause_ended_by FOREIGN KEY(ended_by) REFERENCES person (id)
);

CREATE TABLE return_policy (
    id BIGSERIAL NOT NULL,
    reason TEXT NOT NULL,
    version INTEGER NOT NULL,
    days INTEGER NOT NULL,
    decision TEXT NOT NULL,
    worst_grade TEXT NOT NULL,
    fee_percent INTEGER NOT NULL,
    pays_postage TEXT NOT NULL,
    needs_photo BOOLEAN NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT,
    person_id BIGINT NOT NULL,
    CONSTRAINT pk_return_policy PRIMARY KEY (id),
    CONSTRAINT ck_return_policy_decision CHECK (decision IN ('approve', 'ask', 'refuse')),
    CONSTRAINT ck_return_policy_days CHECK (days >= 0),
    CONSTRAINT ck_return_policy_fee_percent CHECK (fee_percent BETWEEN 0 AND 100),
    CONSTRAINT uq_return_policy_reason_version UNIQUE (reason, version),
    CONSTRAINT fk_return_policy_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);

CREATE TABLE customer_return (
    id BIGSERIAL NOT NULL,
    number TEXT,
    shop_number TEXT,
    order_id BIGINT,
    parcel_id BIGINT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    words BYTEA,
    policy_id BIGINT,
    fee_minor BIGINT NOT NULL,
    tracking_number TEXT,
    requested_at BIGINT NOT NULL,
    requested_by BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT,
    decision_reason TEXT NOT NULL,
    received_at BIGINT,
    received_by BIGINT,
    settled_at BIGINT,
    exchange_order_id BIGINT,
    CONSTRAINT pk_customer_return PRIMARY KEY (id),
    CONSTRAINT ck_customer_return_kind CHECK (kind IN ('return', 'exchange', 'repair')),
    CONSTRAINT ck_customer_return_fee_minor CHECK (fee_minor >= 0),
    CONSTRAINT uq_customer_return_number UNIQUE (number),
    CONSTRAINT uq_customer_return_shop_number UNIQUE (shop_number),
    CONSTRAINT fk_customer_return_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_customer_return_parcel_id FOREIGN KEY(parcel_id) REFERENCES parcel (id),
    CONSTRAINT fk_customer_return_policy_id FOREIGN KEY(policy_id) REFERENCES return_policy (id),
    CONSTRAINT fk_customer_return_requested_by FOREIGN KEY(requested_by) REFERENCES person (id),
    CONSTRAINT fk_customer_return_decided_by FOREIGN KEY(decided_by) REFERENCES person (id),
    CONSTRAINT fk_customer_return_received_by FOREIGN KEY(received_by) REFERENCES person (id),
    CONSTRAINT uq_customer_return_exchange_order_id UNIQUE (exchange_order_id),
    CONSTRAINT fk_customer_return_exchange_order_id FOREIGN KEY(exchange_order_id) REFERENCES sales_order (id)
);

CREATE TABLE tracking_event (
    id BIGSERIAL NOT NULL,
    parcel_id BIGINT NOT NULL,
    event_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    place TEXT NOT NULL,
    text TEXT NOT NULL,
    source TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    CONSTRAINT pk_tracking_event PRIMARY KEY (id),
    CONSTRAINT fk_tracking_event_parcel_id FOREIGN KEY(parcel_id) REFERENCES parcel (id),
    CONSTRAINT uq_tracking_event_event_key UNIQUE (event_key),
    CONSTRAINT fk_tracking_event_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);

CREATE TABLE return_line (
    id BIGSERIAL NOT NULL,
    return_id BIGINT NOT NULL,
    order_line_id BIGINT,
    item_id BIGINT NOT NULL,
    units INTEGER NOT NULL,
    units_received INTEGER NOT NULL,
    units_accepted INTEGER NOT NULL,
    wanted_item_id BIGINT,
    CONSTRAINT pk_return_line PRIMARY KEY (id),
    CONSTRAINT ck_return_line_units CHECK (units >= 0),
    CONSTRAINT ck_return_line_units_received CHECK (units_received >= 0),
    CONSTRAINT ck_return_line_units_accepted CHECK (units_accepted >= 0 AND units_accepted <= units_received),
    CONSTRAINT uq_return_line_return_id_order_line_id UNIQUE (return_id, order_line_id),
    CONSTRAINT fk_return_line_return_id FOREIGN KEY(return_id) REFERENCES customer_return (id),
    CONSTRAINT fk_return_line_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id),
    CONSTRAINT fk_return_line_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_return_line_wanted_item_id FOREIGN KEY(wanted_item_id) REFERENCES item (id)
);

CREATE TABLE message (
    id BIGSERIAL NOT NULL,
    key TEXT NOT NULL,
    order_id BIGINT NOT NULL,
    incident_id BIGINT,
    return_id BIGINT,
    why TEXT NOT NULL,
    facts JSON NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    channel TEXT NOT NULL,
    template_id BIGINT,
    sealed BYTEA,
    wanted_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    queued_at BIGINT,
    tries INTEGER NOT NULL,
    next_try_at BIGINT,
    last_error TEXT NOT NULL,
    done_at BIGINT,
    done_by BIGINT,
    done_note TEXT NOT NULL,
    CONSTRAINT pk_message PRIMARY KEY (id),
    CONSTRAINT ck_message_channel CHECK (channel IN ('', 'email', 'phone')),
    CONSTRAINT uq_message_key UNIQUE (key),
    CONSTRAINT fk_message_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_message_incident_id FOREIGN KEY(incident_id) REFERENCES incident (id),
    CONSTRAINT fk_message_return_id FOREIGN KEY(return_id) REFERENCES customer_return (id),
    CONSTRAINT fk_message_template_id FOREIGN KEY(template_id) REFERENCES message_template (id),
    CONSTRAINT fk_message_done_by FOREIGN KEY(done_by) REFERENCES person (id)
);

CREATE TABLE refund (
    id BIGSERIAL NOT NULL,
    number TEXT,
    order_id BIGINT NOT NULL,
    return_id BIGINT,
    incident_id BIGINT,
    state TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    requested_by BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT,
    decision_reason TEXT NOT NULL,
    paid_at BIGINT,
    paid_by BIGINT,
    reference TEXT NOT NULL,
    CONSTRAINT pk_refund PRIMARY KEY (id),
    CONSTRAINT ck_refund_amount_minor CHECK (amount_minor > 0),
    CONSTRAINT uq_refund_return_id UNIQUE (return_id),
    CONSTRAINT uq_refund_incident_id UNIQUE (incident_id),
    CONSTRAINT uq_refund_number UNIQUE (number),
    CONSTRAINT fk_refund_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_refund_return_id FOREIGN KEY(return_id) REFERENCES customer_return (id),
    CONSTRAINT fk_refund_incident_id FOREIGN KEY(incident_id) REFERENCES incident (id),
    CONSTRAINT fk_refund_requested_by FOREIGN KEY(requested_by) REFERENCES person (id),
    CONSTRAINT fk_refund_decided_by FOREIGN KEY(decided_by) REFERENCES person (id),
    CONSTRAINT fk_refund_paid_by FOREIGN KEY(paid_by) REFERENCES person (id)
);

CREATE TABLE return_unit (
    id BIGSERIAL NOT NULL,
    return_id BIGINT NOT NULL,
    return_line_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    scan_id BIGINT NOT NULL,
    received_as TEXT NOT NULL,
    acceptance TEXT NOT NULL,
    grade TEXT NOT NULL,
    disposition TEXT NOT NULL,
    into_item_id BIGINT,
    incident_id BIGINT,
    at BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    device_id BIGINT,
    graded_at BIGINT,
    graded_by BIGINT,
    left_at BIGINT,
    CONSTRAINT pk_return_unit PRIMARY KEY (id),
    CONSTRAINT ck_return_unit_received_as CHECK (received_as IN ('as_sent', 'wrong_item', 'not_ours')),
    CONSTRAINT ck_return_unit_acceptance CHECK (acceptance IN ('pending', 'accepted', 'rejected')),
    CONSTRAINT fk_return_unit_return_id FOREIGN KEY(return_id) REFERENCES customer_return (id),
    CONSTRAINT fk_return_unit_return_line_id FOREIGN KEY(return_line_id) REFERENCES return_line (id),
    CONSTRAINT fk_return_unit_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_return_unit_scan_id FOREIGN KEY(scan_id) REFERENCES scan (id),
    CONSTRAINT fk_return_unit_into_item_id FOREIGN KEY(into_item_id) REFERENCES item (id),
    CONSTRAINT fk_return_unit_incident_id FOREIGN KEY(incident_id) REFERENCES incident (id),
    CONSTRAINT fk_return_unit_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_return_unit_device_id FOREIGN KEY(device_id) REFERENCES device (id),
    CONSTRAINT fk_return_unit_graded_by FOREIGN KEY(graded_by) REFERENCES person (id)
);

CREATE INDEX ix_pause_ended_at ON pause (ended_at);

CREATE INDEX ix_customer_return_order_id ON customer_return (order_id);

CREATE INDEX ix_customer_return_parcel_id ON customer_return (parcel_id);

CREATE INDEX ix_customer_return_state_requested_at ON customer_return (state, requested_at);

CREATE INDEX ix_customer_return_tracking_number ON customer_return (tracking_number);

CREATE INDEX ix_tracking_event_parcel_id_at ON tracking_event (parcel_id, at);

CREATE INDEX ix_return_line_order_line_id ON return_line (order_line_id);

CREATE INDEX ix_return_line_return_id ON return_line (return_id);

CREATE INDEX ix_message_incident_id ON message (incident_id);

CREATE INDEX ix_message_order_id ON message (order_id);

CREATE INDEX ix_message_state_due_at ON message (state, due_at);

CREATE INDEX ix_refund_order_id ON refund (order_id);

CREATE INDEX ix_refund_state_requested_at ON refund (state, requested_at);

CREATE INDEX ix_return_unit_item_id ON return_unit (item_id);

CREATE INDEX ix_return_unit_return_id ON return_unit (return_id);

CREATE INDEX ix_return_unit_return_line_id ON return_unit (return_line_id);

CREATE INDEX ix_return_unit_scan_id ON return_unit (scan_id);

ALTER TABLE carrier ADD COLUMN transit_days INTEGER DEFAULT '4' NOT NULL;

ALTER TABLE carrier ADD COLUMN first_event_hours INTEGER DEFAULT '24' NOT NULL;

ALTER TABLE carrier ADD COLUMN webhook_secret BYTEA;

ALTER TABLE sales_order ADD COLUMN confirm_by BIGINT;

ALTER TABLE sales_order ADD COLUMN confirmed_at BIGINT;

ALTER TABLE sales_order ADD COLUMN promised_at BIGINT;

ALTER TABLE sales_order ADD COLUMN delivered_at BIGINT;

ALTER TABLE sales_order ADD COLUMN name_index TEXT;

ALTER TABLE sales_order ADD COLUMN link TEXT;

ALTER TABLE sales_order ADD COLUMN origin_id BIGINT CONSTRAINT fk_sales_order_origin_id REFERENCES sales_order (id);

ALTER TABLE sales_order ADD COLUMN origin_kind TEXT DEFAULT '' NOT NULL;

ALTER TABLE sales_order ADD COLUMN merged_into_id BIGINT CONSTRAINT fk_sales_order_merged_into_id REFERENCES sales_order (id);

ALTER TABLE sales_order ADD COLUMN refunded_minor BIGINT DEFAULT '0' NOT NULL CONSTRAINT ck_sales_order_refunded_minor CHECK (refunded_minor >= 0 AND refunded_minor <= total_minor);

CREATE UNIQUE INDEX ix_sales_order_link ON sales_order (link);

CREATE INDEX ix_sales_order_name_index ON sales_order (name_index);

CREATE INDEX ix_sales_order_origin_id ON sales_order (origin_id);

ALTER TABLE order_line ADD COLUMN units_returned INTEGER DEFAULT '0' NOT NULL CONSTRAINT ck_order_line_units_returned CHECK (units_returned >= 0 AND units_returned <= units_dispatched);

ALTER TABLE order_line ADD COLUMN units_original INTEGER;

ALTER TABLE order_line ADD COLUMN item_original_id BIGINT CONSTRAINT fk_order_line_item_original_id REFERENCES item (id);

ALTER TABLE parcel ADD COLUMN expected_by BIGINT;

ALTER TABLE parcel ADD COLUMN first_event_at BIGINT;

ALTER TABLE parcel ADD COLUMN last_event_at BIGINT;

ALTER TABLE parcel ADD COLUMN delivered_at BIGINT;

CREATE INDEX ix_parcel_state_handed_over_at ON parcel (state, handed_over_at);

ALTER TABLE incident ADD COLUMN cause TEXT DEFAULT '' NOT NULL;

ALTER TABLE incident ADD COLUMN parcel_id BIGINT CONSTRAINT fk_incident_parcel_id REFERENCES parcel (id);

ALTER TABLE incident ADD COLUMN return_id BIGINT CONSTRAINT fk_incident_return_id REFERENCES customer_return (id);

ALTER TABLE incident ADD COLUMN owner_role TEXT DEFAULT 'manager' NOT NULL;

ALTER TABLE incident ADD COLUMN owner_id BIGINT CONSTRAINT fk_incident_owner_id REFERENCES person (id);

ALTER TABLE incident ADD COLUMN due_at BIGINT;

ALTER TABLE incident ADD COLUMN next_step TEXT DEFAULT '' NOT NULL;

ALTER TABLE incident ADD COLUMN customer_text BYTEA;

ALTER TABLE incident ADD COLUMN escalated_at BIGINT;

ALTER TABLE incident ADD COLUMN settled_at BIGINT;

ALTER TABLE incident ADD COLUMN settled_by BIGINT CONSTRAINT fk_incident_settled_by REFERENCES person (id);

CREATE INDEX ix_incident_at ON incident (at);

CREATE INDEX ix_incident_parcel_id ON incident (parcel_id);

CREATE INDEX ix_incident_return_id ON incident (return_id);

CREATE INDEX ix_incident_state_due_at ON incident (state, due_at);

DROP INDEX ix_stock_move_crossing;

CREATE INDEX ix_stock_move_crossing ON stock_move (item_id, at, source_id, target_id, units, reason) WHERE reason IN ('opening', 'dispatch', 'short', 'found', 'receive', 'unreceive', 'count', 'return', 'unreturn', 'convert', 'write_off', 'send_back');

UPDATE incident SET due_at = at + 86400000;

UPDATE sales_order SET confirmed_at = received_at WHERE state NOT IN ('received', 'held');

INSERT INTO location (code, kind, aisle, bay, shelf, zone, sequence)
SELECT 'RETURNS', 'returns', '', '', '', '', 0
WHERE EXISTS (SELECT 1 FROM location) AND NOT EXISTS (SELECT 1 FROM location WHERE code = 'RETURNS');

INSERT INTO location (code, kind, aisle, bay, shelf, zone, sequence)
SELECT 'CONVERTED', 'converted', '', '', '', '', 0
WHERE EXISTS (SELECT 1 FROM location) AND NOT EXISTS (SELECT 1 FROM location WHERE code = 'CONVERTED');
