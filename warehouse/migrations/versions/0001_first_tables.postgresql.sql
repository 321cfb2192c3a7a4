CREATE TABLE carrier (
    code TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    cut_off TEXT NOT NULL,
    lane TEXT NOT NULL,
    tracking_pattern TEXT NOT NULL,
    CONSTRAINT pk_carrier PRIMARY KEY (code)
);

CREATE TABLE cart (
    id BIGSERIAL NOT NULL,
    code TEXT NOT NULL,
    slots INTEGER NOT NULL,
    CONSTRAINT pk_cart PRIMARY KEY (id),
    CONSTRAINT uq_cart_code UNIQUE (code)
);

CREATE TABLE carton (
    id BIGSERIAL NOT NULL,
    code TEXT NOT NULL,
    length_mm INTEGER NOT NULL,
    width_mm INTEGER NOT NULL,
    height_mm INTEGER NOT NULL,
    tare_g INTEGER NOT NULL,
    CONSTRAINT pk_carton PRIMARY KEY (id),
    CONSTRAINT uq_carton_code UNIQUE (code)
);

CREATE TABLE device (
    id BIGSERIAL NOT NULL,
    token_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    failed_count INTEGER NOT NULL,
    locked_until BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_device PRIMARY KEY (id),
    CONSTRAINT uq_device_token_hash UNIQUE (token_hash)
);

CREATE TABLE item (
    id BIGSERIAL NOT NULL,
    sku TEXT NOT NULL,
    isbn13 TEXT,
    title TEXT NOT NULL,
    subtitle TEXT NOT NULL,
    authors TEXT NOT NULL,
    publisher TEXT NOT NULL,
    published TEXT NOT NULL,
    language TEXT NOT NULL,
    pages_text TEXT NOT NULL,
    binding TEXT NOT NULL,
    edition TEXT NOT NULL,
    volume TEXT NOT NULL,
    volumes INTEGER NOT NULL,
    description TEXT NOT NULL,
    cover_file TEXT,
    price_minor INTEGER,
    currency TEXT,
    price_text TEXT NOT NULL,
    weight_g INTEGER,
    length_mm INTEGER,
    width_mm INTEGER,
    height_mm INTEGER,
    packing_class TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT pk_item PRIMARY KEY (id),
    CONSTRAINT ck_item_packing_class CHECK (packing_class IN ('plain', 'hardcover', 'fragile', 'set')),
    CONSTRAINT ck_item_volumes CHECK (volumes >= 1),
    CONSTRAINT ck_item_weight_g CHECK (weight_g IS NULL OR weight_g >= 0),
    CONSTRAINT uq_item_sku UNIQUE (sku)
);

CREATE INDEX ix_item_isbn13 ON item (isbn13);

CREATE TABLE location (
    id BIGSERIAL NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    aisle TEXT NOT NULL,
    bay TEXT NOT NULL,
    shelf TEXT NOT NULL,
    zone TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    x_mm INTEGER,
    y_mm INTEGER,
    CONSTRAINT pk_location PRIMARY KEY (id),
    CONSTRAINT uq_location_code UNIQUE (code)
);

CREATE TABLE person (
    id BIGSERIAL NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    badge TEXT NOT NULL,
    pin_hash TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    failed_count INTEGER NOT NULL,
    locked_until BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT ck_person_language CHECK (language IN ('en', 'zh-Hans')),
    CONSTRAINT uq_person_badge UNIQUE (badge)
);

CREATE TABLE action (
    id BIGSERIAL NOT NULL,
    at BIGINT NOT NULL,
    person_id BIGINT,
    device_id BIGINT,
    verb TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id INTEGER,
    reason TEXT NOT NULL,
    facts JSON NOT NULL,
    CONSTRAINT pk_action PRIMARY KEY (id),
    CONSTRAINT fk_action_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_action_device_id FOREIGN KEY(device_id) REFERENCES device (id)
);

CREATE INDEX ix_action_subject_subject_id ON action (subject, subject_id);

CREATE TABLE import_run (
    id BIGSERIAL NOT NULL,
    kind TEXT NOT NULL,
    file_names TEXT NOT NULL,
    at BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    report JSON NOT NULL,
    CONSTRAINT pk_import_run PRIMARY KEY (id),
    CONSTRAINT fk_import_run_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);

CREATE TABLE item_code (
    id BIGSERIAL NOT NULL,
    code TEXT NOT NULL,
    item_id BIGINT NOT NULL,
    CONSTRAINT pk_item_code PRIMARY KEY (id),
    CONSTRAINT uq_item_code_code_item_id UNIQUE (code, item_id),
    CONSTRAINT fk_item_code_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);

CREATE INDEX ix_item_code_item_id ON item_code (item_id);

CREATE TABLE manifest (
    id BIGSERIAL NOT NULL,
    number TEXT,
    carrier_code TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by BIGINT NOT NULL,
    closed_at BIGINT,
    driver_name TEXT NOT NULL,
    CONSTRAINT pk_manifest PRIMARY KEY (id),
    CONSTRAINT uq_manifest_number UNIQUE (number),
    CONSTRAINT fk_manifest_carrier_code FOREIGN KEY(carrier_code) REFERENCES carrier (code),
    CONSTRAINT fk_manifest_opened_by FOREIGN KEY(opened_by) REFERENCES person (id)
);

CREATE INDEX ix_manifest_carrier_code_state ON manifest (carrier_code, state);

CREATE TABLE print_job (
    id BIGSERIAL NOT NULL,
    at BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    device_id BIGINT,
    paper TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    copy INTEGER NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_print_job PRIMARY KEY (id),
    CONSTRAINT fk_print_job_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_print_job_device_id FOREIGN KEY(device_id) REFERENCES device (id)
);

CREATE INDEX ix_print_job_paper_subject_id ON print_job (paper, subject_id);

CREATE TABLE sales_order (
    id BIGSERIAL NOT NULL,
    number TEXT,
    channel TEXT NOT NULL,
    source_number TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    import_class TEXT NOT NULL,
    state TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    payment TEXT NOT NULL,
    currency TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    shipping_minor INTEGER NOT NULL,
    cod_minor INTEGER NOT NULL,
    service TEXT NOT NULL,
    carrier_code TEXT NOT NULL,
    recipient BYTEA NOT NULL,
    recipient_original BYTEA,
    recipient_masked TEXT NOT NULL,
    phone_index TEXT,
    country TEXT NOT NULL,
    province TEXT NOT NULL,
    city TEXT NOT NULL,
    postcode TEXT NOT NULL,
    language TEXT NOT NULL,
    when_short TEXT NOT NULL,
    buyer_remark TEXT NOT NULL,
    staff_remark TEXT NOT NULL,
    gift_note TEXT NOT NULL,
    warnings JSON NOT NULL,
    must_acknowledge BOOLEAN NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by BIGINT,
    units_wanted INTEGER NOT NULL,
    lines_count INTEGER NOT NULL,
    packer_id BIGINT,
    released_at BIGINT,
    picked_at BIGINT,
    packed_at BIGINT,
    dispatched_at BIGINT,
    cancelled_at BIGINT,
    cancel_reason TEXT NOT NULL,
    CONSTRAINT pk_sales_order PRIMARY KEY (id),
    CONSTRAINT uq_sales_order_channel_source_number UNIQUE (channel, source_number),
    CONSTRAINT ck_sales_order_when_short CHECK (when_short IN ('wait', 'part', 'cancel')),
    CONSTRAINT uq_sales_order_number UNIQUE (number),
    CONSTRAINT fk_sales_order_carrier_code FOREIGN KEY(carrier_code) REFERENCES carrier (code),
    CONSTRAINT fk_sales_order_acknowledged_by FOREIGN KEY(acknowledged_by) REFERENCES person (id),
    CONSTRAINT fk_sales_order_packer_id FOREIGN KEY(packer_id) REFERENCES person (id)
);

CREATE INDEX ix_sales_order_dispatched_at ON sales_order (dispatched_at);

CREATE INDEX ix_sales_order_phone_index ON sales_order (phone_index);

CREATE INDEX ix_sales_order_source_number ON sales_order (source_number);

CREATE INDEX ix_sales_order_state_due_at ON sales_order (state, due_at);

CREATE TABLE scan (
    id BIGSERIAL NOT NULL,
    scan_id TEXT NOT NULL,
    task TEXT NOT NULL,
    task_id INTEGER,
    step TEXT NOT NULL,
    raw TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT NOT NULL,
    units INTEGER NOT NULL,
    item_id INTEGER,
    location_id INTEGER,
    stop_id INTEGER,
    order_id INTEGER,
    choice INTEGER,
    undoes_id BIGINT,
    person_id BIGINT NOT NULL,
    device_id BIGINT,
    made_at BIGINT,
    at BIGINT NOT NULL,
    body_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    CONSTRAINT pk_scan PRIMARY KEY (id),
    CONSTRAINT ck_scan_outcome CHECK (outcome IN ('accepted', 'refused', 'choose')),
    CONSTRAINT ck_scan_refused_moves_nothing CHECK (outcome = 'accepted' OR units = 0),
    CONSTRAINT uq_scan_scan_id UNIQUE (scan_id),
    CONSTRAINT uq_scan_undoes_id UNIQUE (undoes_id),
    CONSTRAINT fk_scan_undoes_id FOREIGN KEY(undoes_id) REFERENCES scan (id),
    CONSTRAINT fk_scan_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_scan_device_id FOREIGN KEY(device_id) REFERENCES device (id)
);

CREATE INDEX ix_scan_person_id_at ON scan (person_id, at);

CREATE INDEX ix_scan_task_task_id ON scan (task, task_id);

CREATE TABLE sign_in (
    id BIGSERIAL NOT NULL,
    token_hash TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    device_id BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    CONSTRAINT pk_sign_in PRIMARY KEY (id),
    CONSTRAINT uq_sign_in_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_sign_in_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_sign_in_device_id FOREIGN KEY(device_id) REFERENCES device (id)
);

CREATE INDEX ix_sign_in_device_id ON sign_in (device_id);

CREATE INDEX ix_sign_in_person_id ON sign_in (person_id);

CREATE TABLE stock_balance (
    item_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    condition TEXT NOT NULL,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    CONSTRAINT pk_stock_balance PRIMARY KEY (item_id, location_id, condition),
    CONSTRAINT ck_stock_balance_on_hand_not_negative CHECK (on_hand >= 0),
    CONSTRAINT ck_stock_balance_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT ck_stock_balance_reserved_within_on_hand CHECK (reserved <= on_hand),
    CONSTRAINT fk_stock_balance_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_stock_balance_location_id FOREIGN KEY(location_id) REFERENCES location (id)
);

CREATE INDEX ix_stock_balance_location_id ON stock_balance (location_id);

CREATE TABLE wave (
    id BIGSERIAL NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    CONSTRAINT pk_wave PRIMARY KEY (id),
    CONSTRAINT fk_wave_created_by FOREIGN KEY(created_by) REFERENCES person (id)
);

CREATE TABLE hold (
    id BIGSERIAL NOT NULL,
    order_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    facts JSON NOT NULL,
    opened_at BIGINT NOT NULL,
    lifted_at BIGINT,
    lifted_by BIGINT,
    decision TEXT,
    decision_reason TEXT NOT NULL,
    CONSTRAINT pk_hold PRIMARY KEY (id),
    CONSTRAINT fk_hold_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_hold_lifted_by FOREIGN KEY(lifted_by) REFERENCES person (id)
);

CREATE INDEX ix_hold_order_id ON hold (order_id);

CREATE TABLE order_line (
    id BIGSERIAL NOT NULL,
    order_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    item_id BIGINT,
    is_service BOOLEAN NOT NULL,
    code_text TEXT NOT NULL,
    title_text TEXT NOT NULL,
    price_minor INTEGER NOT NULL,
    units_wanted INTEGER NOT NULL,
    units_reserved INTEGER NOT NULL,
    units_short INTEGER NOT NULL,
    units_cancelled INTEGER NOT NULL,
    units_picked INTEGER NOT NULL,
    units_packed INTEGER NOT NULL,
    units_dispatched INTEGER NOT NULL,
    CONSTRAINT pk_order_line PRIMARY KEY (id),
    CONSTRAINT ck_order_line_units_wanted CHECK (units_wanted >= 0),
    CONSTRAINT ck_order_line_units_picked CHECK (units_picked >= 0 AND units_picked <= units_reserved),
    CONSTRAINT ck_order_line_units_packed CHECK (units_packed >= 0 AND units_packed <= units_picked),
    CONSTRAINT ck_order_line_units_dispatched CHECK (units_dispatched >= 0 AND units_dispatched <= units_packed),
    CONSTRAINT uq_order_line_order_id_position UNIQUE (order_id, position),
    CONSTRAINT fk_order_line_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_order_line_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);

CREATE INDEX ix_order_line_item_id ON order_line (item_id);

CREATE TABLE parcel (
    id BIGSERIAL NOT NULL,
    number TEXT,
    order_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    location_id BIGINT NOT NULL,
    carton_id BIGINT,
    carrier_code TEXT NOT NULL,
    expected_weight_g INTEGER,
    weight_g INTEGER,
    packed_by BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    tracking_number TEXT,
    label_made_at BIGINT,
    label_prints INTEGER NOT NULL,
    label_applied_at BIGINT,
    manifest_id BIGINT,
    handed_over_at BIGINT,
    CONSTRAINT pk_parcel PRIMARY KEY (id),
    CONSTRAINT uq_parcel_order_id_position UNIQUE (order_id, position),
    CONSTRAINT ck_parcel_weight_g CHECK (weight_g IS NULL OR weight_g > 0),
    CONSTRAINT uq_parcel_number UNIQUE (number),
    CONSTRAINT fk_parcel_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT uq_parcel_location_id UNIQUE (location_id),
    CONSTRAINT fk_parcel_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_parcel_carton_id FOREIGN KEY(carton_id) REFERENCES carton (id),
    CONSTRAINT fk_parcel_carrier_code FOREIGN KEY(carrier_code) REFERENCES carrier (code),
    CONSTRAINT fk_parcel_packed_by FOREIGN KEY(packed_by) REFERENCES person (id),
    CONSTRAINT fk_parcel_manifest_id FOREIGN KEY(manifest_id) REFERENCES manifest (id)
);

CREATE INDEX ix_parcel_manifest_id ON parcel (manifest_id);

CREATE INDEX ix_parcel_tracking_number ON parcel (tracking_number);

CREATE TABLE pick_run (
    id BIGSERIAL NOT NULL,
    wave_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    person_id BIGINT,
    cart_id BIGINT,
    changing_slot INTEGER,
    units_due INTEGER NOT NULL,
    started_at BIGINT,
    done_at BIGINT,
    CONSTRAINT pk_pick_run PRIMARY KEY (id),
    CONSTRAINT fk_pick_run_wave_id FOREIGN KEY(wave_id) REFERENCES wave (id),
    CONSTRAINT fk_pick_run_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_pick_run_cart_id FOREIGN KEY(cart_id) REFERENCES cart (id)
);

CREATE INDEX ix_pick_run_person_id ON pick_run (person_id);

CREATE INDEX ix_pick_run_state_due_at ON pick_run (state, due_at);

CREATE INDEX ix_pick_run_wave_id ON pick_run (wave_id);

CREATE TABLE incident (
    id BIGSERIAL NOT NULL,
    kind TEXT NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    units INTEGER NOT NULL,
    item_id BIGINT,
    location_id BIGINT,
    order_id BIGINT,
    order_line_id BIGINT,
    scan_id BIGINT,
    at BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    device_id BIGINT,
    blamed_id BIGINT,
    outcome TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_incident PRIMARY KEY (id),
    CONSTRAINT ck_incident_units CHECK (units >= 0),
    CONSTRAINT fk_incident_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_incident_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_incident_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_incident_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id),
    CONSTRAINT fk_incident_scan_id FOREIGN KEY(scan_id) REFERENCES scan (id),
    CONSTRAINT fk_incident_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_incident_device_id FOREIGN KEY(device_id) REFERENCES device (id),
    CONSTRAINT fk_incident_blamed_id FOREIGN KEY(blamed_id) REFERENCES person (id)
);

CREATE INDEX ix_incident_order_id ON incident (order_id);

CREATE INDEX ix_incident_order_line_id ON incident (order_line_id);

CREATE INDEX ix_incident_state_at ON incident (state, at);

CREATE TABLE parcel_line (
    parcel_id BIGINT NOT NULL,
    order_line_id BIGINT NOT NULL,
    units INTEGER NOT NULL,
    CONSTRAINT pk_parcel_line PRIMARY KEY (parcel_id, order_line_id),
    CONSTRAINT ck_parcel_line_units CHECK (units >= 0),
    CONSTRAINT fk_parcel_line_parcel_id FOREIGN KEY(parcel_id) REFERENCES parcel (id),
    CONSTRAINT fk_parcel_line_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id)
);

CREATE TABLE pick_stop (
    id BIGSERIAL NOT NULL,
    run_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    state TEXT NOT NULL,
    order_line_id BIGINT NOT NULL,
    reservation_id INTEGER,
    order_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    units_due INTEGER NOT NULL,
    units_taken INTEGER NOT NULL,
    units_short INTEGER NOT NULL,
    CONSTRAINT pk_pick_stop PRIMARY KEY (id),
    CONSTRAINT ck_pick_stop_units_taken CHECK (units_taken >= 0 AND units_taken + units_short <= units_due),
    CONSTRAINT uq_pick_stop_run_id_position UNIQUE (run_id, position),
    CONSTRAINT fk_pick_stop_run_id FOREIGN KEY(run_id) REFERENCES pick_run (id),
    CONSTRAINT fk_pick_stop_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id),
    CONSTRAINT fk_pick_stop_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_pick_stop_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_pick_stop_location_id FOREIGN KEY(location_id) REFERENCES location (id)
);

CREATE INDEX ix_pick_stop_order_id ON pick_stop (order_id);

CREATE INDEX ix_pick_stop_order_line_id ON pick_stop (order_line_id);

CREATE TABLE put_back (
    id BIGSERIAL NOT NULL,
    order_id BIGINT NOT NULL,
    order_line_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    home_id BIGINT,
    units INTEGER NOT NULL,
    units_done INTEGER NOT NULL,
    in_hand INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    done_at BIGINT,
    CONSTRAINT pk_put_back PRIMARY KEY (id),
    CONSTRAINT ck_put_back_units_done CHECK (units_done >= 0 AND units_done <= units),
    CONSTRAINT fk_put_back_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_put_back_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id),
    CONSTRAINT fk_put_back_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_put_back_source_id FOREIGN KEY(source_id) REFERENCES location (id),
    CONSTRAINT fk_put_back_home_id FOREIGN KEY(home_id) REFERENCES location (id)
);

CREATE INDEX ix_put_back_order_id ON put_back (order_id);

CREATE INDEX ix_put_back_source_id ON put_back (source_id);

CREATE TABLE reservation (
    id BIGSERIAL NOT NULL,
    order_line_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    units INTEGER NOT NULL,
    CONSTRAINT pk_reservation PRIMARY KEY (id),
    CONSTRAINT ck_reservation_units_positive CHECK (units > 0),
    CONSTRAINT fk_reservation_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id),
    CONSTRAINT fk_reservation_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_reservation_location_id FOREIGN KEY(location_id) REFERENCES location (id)
);

CREATE INDEX ix_reservation_item_id ON reservation (item_id);

CREATE INDEX ix_reservation_order_line_id ON reservation (order_line_id);

CREATE TABLE stock_move (
    id BIGSERIAL NOT NULL,
    at BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    units INTEGER NOT NULL,
    source_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    condition TEXT NOT NULL,
    target_condition TEXT NOT NULL,
    reason TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    device_id BIGINT,
    scan_id BIGINT,
    order_line_id BIGINT,
    CONSTRAINT pk_stock_move PRIMARY KEY (id),
    CONSTRAINT ck_stock_move_units_positive CHECK (units > 0),
    CONSTRAINT ck_stock_move_goes_somewhere CHECK (source_id <> target_id OR condition <> target_condition),
    CONSTRAINT fk_stock_move_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_stock_move_source_id FOREIGN KEY(source_id) REFERENCES location (id),
    CONSTRAINT fk_stock_move_target_id FOREIGN KEY(target_id) REFERENCES location (id),
    CONSTRAINT fk_stock_move_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_stock_move_device_id FOREIGN KEY(device_id) REFERENCES device (id),
    CONSTRAINT fk_stock_move_scan_id FOREIGN KEY(scan_id) REFERENCES scan (id),
    CONSTRAINT fk_stock_move_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id)
);

CREATE INDEX ix_stock_move_item_id ON stock_move (item_id);

CREATE INDEX ix_stock_move_order_line_id ON stock_move (order_line_id);

CREATE INDEX ix_stock_move_scan_id ON stock_move (scan_id);

CREATE TABLE tote (
    id BIGSERIAL NOT NULL,
    code TEXT NOT NULL,
    location_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    run_id BIGINT,
    order_id BIGINT,
    CONSTRAINT pk_tote PRIMARY KEY (id),
    CONSTRAINT uq_tote_code UNIQUE (code),
    CONSTRAINT uq_tote_location_id UNIQUE (location_id),
    CONSTRAINT fk_tote_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_tote_run_id FOREIGN KEY(run_id) REFERENCES pick_run (id),
    CONSTRAINT fk_tote_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id)
);

CREATE INDEX ix_tote_order_id ON tote (order_id);

CREATE INDEX ix_tote_run_id ON tote (run_id);

CREATE TABLE run_tote (
    id BIGSERIAL NOT NULL,
    run_id BIGINT NOT NULL,
    slot INTEGER NOT NULL,
    order_id BIGINT,
    tote_id BIGINT,
    CONSTRAINT pk_run_tote PRIMARY KEY (id),
    CONSTRAINT uq_run_tote_run_id_slot UNIQUE (run_id, slot),
    CONSTRAINT fk_run_tote_run_id FOREIGN KEY(run_id) REFERENCES pick_run (id),
    CONSTRAINT fk_run_tote_order_id FOREIGN KEY(order_id) REFERENCES sales_order (id),
    CONSTRAINT fk_run_tote_tote_id FOREIGN KEY(tote_id) REFERENCES tote (id)
);

CREATE INDEX ix_run_tote_order_id ON run_tote (order_id);
