SET SESSION time_zone = '+00:00';
USE shop_featurestore;

CREATE DEFINER = `shop-onlinefs`@`%` VIEW large_orders AS
  SELECT order_id, customer_id, amount, 'it''s large' AS remark FROM orders_1 WHERE amount > 500;
CREATE DEFINER = `o'brien`@`%` SQL SECURITY INVOKER VIEW best_customers AS
  SELECT customer_id, COUNT(*) AS orders FROM large_orders GROUP BY customer_id;

DELIMITER //
CREATE DEFINER = `shop-onlinefs`@`%` PROCEDURE raise_amounts(IN at_least DECIMAL(12, 2), OUT changed INT)
BEGIN
  -- A comment; with a semicolon, 'quotes' and CREATE TABLE text that no tool may edit.
  UPDATE orders_1 SET amount = amount + 1 WHERE amount >= at_least;
  SET changed = ROW_COUNT();
END//
CREATE FUNCTION with_tax(amount DECIMAL(12, 2)) RETURNS DECIMAL(12, 2) DETERMINISTIC RETURN ROUND(amount * 1.25, 2)//
CREATE TRIGGER order_is_positive BEFORE INSERT ON orders_1 FOR EACH ROW
BEGIN
  IF NEW.amount < 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'amount; must not be negative';
  END IF;
END//
DELIMITER ;

CREATE TRIGGER customer_region BEFORE INSERT ON customers_1 FOR EACH ROW SET NEW.region = UPPER(NEW.region);
-- Far in the future: nothing may change between two comparisons.
CREATE EVENT forget_orders ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' COMMENT 'keeps a year'
  DO DELETE FROM orders_1 WHERE ordered_at < '2036-01-01';
