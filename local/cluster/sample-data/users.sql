CREATE ROLE shop_reader, `on-call`;
GRANT SELECT ON shop_featurestore.* TO shop_reader;
GRANT PROCESS ON *.* TO `on-call`;

CREATE USER hopsworks@`%` IDENTIFIED WITH caching_sha2_password BY 'hopsworks-password';
GRANT NDB_STORED_USER ON *.* TO hopsworks@`%`;
GRANT ALL ON hopsworks.* TO hopsworks@`%` WITH GRANT OPTION;
GRANT SELECT ON hops.* TO hopsworks@`%`;

CREATE USER hops@`10.0.%` IDENTIFIED WITH caching_sha2_password BY 'pass''word"`$\\!' PASSWORD EXPIRE NEVER;
GRANT ALL ON hops.* TO hops@`10.0.%`;

CREATE USER `shop-onlinefs`@`%` IDENTIFIED WITH caching_sha2_password BY 'feature store' REQUIRE SSL;
GRANT NDB_STORED_USER ON *.* TO `shop-onlinefs`@`%`;
GRANT SELECT, INSERT, UPDATE, DELETE ON shop_featurestore.orders_1 TO `shop-onlinefs`@`%`;
GRANT SELECT (customer_id, name), UPDATE (notes) ON shop_featurestore.customers_1 TO `shop-onlinefs`@`%`;

CREATE USER `o'brien`@`%` IDENTIFIED WITH caching_sha2_password BY 'o''brien' WITH MAX_USER_CONNECTIONS 7 COMMENT 'a quote in the name';
GRANT shop_reader, `on-call` TO `o'brien`@`%`;
SET DEFAULT ROLE shop_reader TO `o'brien`@`%`;

CREATE USER `left company`@localhost IDENTIFIED WITH caching_sha2_password BY 'gone' ACCOUNT LOCK;
GRANT SELECT ON `shop\_featurestore`.* TO `left company`@localhost;
