SET SESSION default_storage_engine = ndbcluster, time_zone = '+00:00';

CREATE DATABASE hops;
CREATE DATABASE hopsworks;
CREATE DATABASE shop_featurestore;
CREATE DATABASE empty_featurestore;
CREATE DATABASE glassfish_timers;

USE hops;
CREATE TABLE hdfs_variables (id INT PRIMARY KEY, value VARBINARY(500));
CREATE TABLE hdfs_users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(255) NOT NULL, UNIQUE KEY user_name (name));
CREATE TABLE hdfs_groups (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(255) NOT NULL, UNIQUE KEY group_name (name));
CREATE TABLE hdfs_users_groups (
  user_id INT NOT NULL,
  group_id INT NOT NULL,
  PRIMARY KEY (user_id, group_id),
  KEY of_group (group_id),
  CONSTRAINT user_id FOREIGN KEY (user_id) REFERENCES hdfs_users (id) ON DELETE CASCADE,
  CONSTRAINT group_id FOREIGN KEY (group_id) REFERENCES hdfs_groups (id) ON DELETE CASCADE
);
CREATE TABLE hdfs_inodes (
  partition_id BIGINT NOT NULL,
  parent_id BIGINT NOT NULL DEFAULT 0,
  name VARCHAR(255) CHARACTER SET latin1 COLLATE latin1_general_cs NOT NULL DEFAULT '',
  id BIGINT NOT NULL,
  user_id INT,
  modification_time BIGINT,
  permission SMALLINT,
  is_dir BIT(8) NOT NULL,
  size BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partition_id, parent_id, name),
  KEY by_parent (parent_id),
  KEY by_id (id)
) PARTITION BY KEY (partition_id);
CREATE TABLE hdfs_block_infos (
  inode_id BIGINT NOT NULL,
  block_id BIGINT NOT NULL,
  num_bytes BIGINT,
  generation_stamp BIGINT,
  PRIMARY KEY (inode_id, block_id)
) PARTITION BY KEY (inode_id);
CREATE TABLE hdfs_inode_file_data (inode_id BIGINT PRIMARY KEY, data LONGBLOB, checksum BINARY(32) NOT NULL);

USE hopsworks;
CREATE TABLE variables (id VARCHAR(255) PRIMARY KEY, value VARCHAR(500) NOT NULL, visibility TINYINT NOT NULL DEFAULT 0);
CREATE TABLE users (
  uid INT PRIMARY KEY AUTO_INCREMENT,
  username VARCHAR(10) NOT NULL,
  email VARCHAR(150) NOT NULL,
  about TEXT,
  settings JSON,
  activated DATETIME(3) NOT NULL,
  status ENUM('new', 'active', 'blocked') NOT NULL DEFAULT 'new',
  UNIQUE KEY username (username),
  UNIQUE KEY email (email)
);
CREATE TABLE project (
  id INT PRIMARY KEY AUTO_INCREMENT,
  projectname VARCHAR(100) NOT NULL,
  username VARCHAR(150) NOT NULL,
  created TIMESTAMP NOT NULL,
  parent INT,
  UNIQUE KEY projectname (projectname),
  KEY owner (username),
  KEY parent (parent),
  CONSTRAINT project_owner FOREIGN KEY (username) REFERENCES users (email) ON DELETE NO ACTION ON UPDATE NO ACTION,
  CONSTRAINT project_parent FOREIGN KEY (parent) REFERENCES project (id) ON DELETE NO ACTION ON UPDATE NO ACTION
);
CREATE TABLE dataset (
  id INT PRIMARY KEY AUTO_INCREMENT,
  project_id INT NOT NULL,
  name VARCHAR(255) NOT NULL,
  secret VARBINARY(2000),
  UNIQUE KEY name_in_project (project_id, name),
  CONSTRAINT dataset_project FOREIGN KEY (project_id) REFERENCES project (id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE TABLE project_topics (
  id INT PRIMARY KEY AUTO_INCREMENT,
  topic_name VARCHAR(255) NOT NULL,
  project_id INT NOT NULL,
  num_partitions INT,
  num_replicas INT,
  UNIQUE KEY topic_name (topic_name),
  KEY of_project (project_id),
  CONSTRAINT topic_project FOREIGN KEY (project_id) REFERENCES project (id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE TABLE hosts (id INT PRIMARY KEY AUTO_INCREMENT, hostname VARCHAR(128) NOT NULL, UNIQUE KEY hostname (hostname));
CREATE TABLE host_services (
  id BIGINT PRIMARY KEY AUTO_INCREMENT,
  host_id INT NOT NULL,
  name VARCHAR(48) NOT NULL,
  KEY of_host (host_id),
  CONSTRAINT service_host FOREIGN KEY (host_id) REFERENCES hosts (id) ON DELETE CASCADE ON UPDATE NO ACTION
);

USE glassfish_timers;
CREATE TABLE EJB__TIMER__TBL (TIMERID VARCHAR(255) PRIMARY KEY, CREATIONTIMERAW BIGINT NOT NULL, `BLOB` BLOB);

USE shop_featurestore;
CREATE TABLE customers_1 (
  region CHAR(2) NOT NULL,
  customer_id BIGINT NOT NULL,
  name VARCHAR(100) COLLATE utf8mb4_0900_as_cs,
  born DATE,
  notes TEXT,
  PRIMARY KEY (region, customer_id),
  UNIQUE KEY customer (customer_id) USING HASH
);
-- By default a part of a node's backup that holds no primary fragment is empty; with so many partitions every part has rows.
CREATE TABLE orders_1 (
  order_id BIGINT PRIMARY KEY AUTO_INCREMENT,
  customer_id BIGINT NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  score DOUBLE,
  embedding VARBINARY(512),
  ordered_at DATETIME(6) NOT NULL,
  UNIQUE KEY order_of_customer (customer_id, ordered_at),
  KEY by_time (ordered_at)
) COMMENT = 'NDB_TABLE=PARTITION_BALANCE=FOR_RA_BY_LDM_X_4';
CREATE TABLE `odd-name's table` (`the key` INT PRIMARY KEY AUTO_INCREMENT, `a``b` VARCHAR(20));
